"""The same rows whatever the chunks, epochs, workers, order of files and split of connections.

Rows compare exactly. On two overlapping minutes (one instrument renamed) six combinations run;
with SEAWALL_CAMPAIGN=1 (`make campaign`) all of them.
"""

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.rule import Rule
from schemas.settings import RegimeSettings
from tests.flows.collected import SPOT_2023, USDM_2023, USDM_2024, Collected, collected
from tests.flows.excerpt import (
    excerpt,
    first_lines,
    is_depth,
    is_ticker,
    raw_lines,
    split,
    write_lines,
)
from tests.shared import shared_file

S = 1_000_000_000
EVERY = bool(os.environ.get("SEAWALL_CAMPAIGN"))
CHUNKS = (1, 7, 64, 1024)
EPOCHS = (0.01, 1.0, 10.0)
WORKERS = (1, 2)
ALL = list(itertools.product(CHUNKS, EPOCHS, WORKERS))
SIX = [(1, 1.0, 1), (7, 0.01, 2), (64, 10.0, 1), (64, 0.01, 2), (1024, 1.0, 2), (1024, 0.01, 1)]
USDM = "binance-usdm:BTCUSDT"
REGIME = RegimeSettings(step_s=2.0, members=[USDM, "binance-usdm:ETHUSDT"])
SETTINGS = {
    "regime": REGIME,
    "rule": [
        Rule(name="wide", metric="ticks.spread_bp", op=">", enter=0.02, m=2, n=3, dwell_s=1.0),
        Rule(name="odds", metric="regimes.p_calm", op=">", enter=0.4, advice="look"),
    ],
}


@pytest.fixture(scope="module")
def two_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A minute of one instrument, and another that begins and ends 20 s later."""
    folder = tmp_path_factory.mktemp("two")
    lines = first_lines(raw_lines(shared_file(USDM_2023)))
    other = [line.replace(b"BTCUSDT", b"ETHUSDT").partition(b" ") for line in lines]
    later = [b"%d %s" % (int(stamp) + 20 * S, rest) for stamp, _, rest in other]
    return [
        write_lines(lines, folder / "binance-usdm__btcusdt.gz"),
        write_lines(later, folder / "binance-usdm__ethusdt.gz"),
    ]


@pytest.fixture(scope="module")
def plain(two_files: list[Path]) -> Collected:
    return collected(two_files, **SETTINGS)


def test_the_plain_run_fills_every_table_that_files_can(plain: Collected) -> None:
    assert {name: len(rows) > 0 for name, rows in plain.rows.items()} == dict.fromkeys(
        ("depth_curves", "instruments", "regimes", "runs", "ticks", "triggers", "volatility"), True
    )
    assert {row.scope for row in plain.rows["regimes"]} == {*REGIME.members, "market"}
    assert {row.members for row in plain.of("regimes", "market")} == {1, 2}


@pytest.mark.parametrize(("chunk_frames", "epoch_s", "workers"), ALL if EVERY else SIX)
def test_chunks_epochs_and_workers_change_no_row(
    two_files: list[Path], plain: Collected, chunk_frames: int, epoch_s: float, workers: int
) -> None:
    run = collected(
        two_files, chunk_frames=chunk_frames, epoch_s=epoch_s, workers=workers, **SETTINGS
    )
    assert run.rows == plain.rows


@pytest.mark.parametrize("grid", ["10ms", "1s"])
def test_nor_at_other_grids(tmp_path: Path, grid: str) -> None:
    path = excerpt(shared_file(USDM_2024), tmp_path, 20 * S)
    one = collected([path], grid=grid, chunk_frames=7, epoch_s=0.01)
    assert collected([path], grid=grid, chunk_frames=5000, workers=2).rows == one.rows


def test_files_come_in_any_order(two_files: list[Path], plain: Collected) -> None:
    assert collected(two_files[::-1], **SETTINGS).rows == plain.rows
    real = [shared_file(name) for name in (SPOT_2023, USDM_2023)]
    assert collected(real).rows == collected(real[::-1], chunk_frames=999).rows


def test_a_file_read_with_another_has_the_rows_it_has_alone() -> None:
    names = (SPOT_2023, USDM_2023)
    together = collected([shared_file(name) for name in names])
    for name, scope in zip(names, ("binance-spot:BTCUSDT", USDM), strict=True):
        alone = collected([shared_file(name)])
        for table in ("ticks", "depth_curves", "volatility", "regimes", "instruments"):
            assert together.of(table, scope) == alone.of(table, scope)


# -- one instrument over two connections --------------------------------------------------------


def quotes(line: bytes) -> bool:
    """The book and its ticker: one of the two connections."""
    return is_depth(line) or is_ticker(line)


def both(lines: list[bytes], folder: Path, wanted: Callable[[bytes], bool]) -> Collected:
    parts = split(lines, wanted)
    names = ("binance-usdm__quotes.gz", "binance-usdm__trades.gz")
    files = [write_lines(part, folder / name) for part, name in zip(parts, names, strict=True)]
    return collected(files, chunk_frames=512)


@pytest.mark.parametrize("name", [USDM_2023, USDM_2024])
def test_an_instrument_over_two_connections_equals_one(name: str, tmp_path: Path) -> None:
    path = shared_file(name)
    lines = raw_lines(path)
    whole = collected([path])
    parted = both(lines, tmp_path, quotes)
    for table in ("depth_curves", "volatility", "regimes", "instruments"):
        assert parted.rows[table] == whole.rows[table]
    same = {"latency_ms": None}
    ours = [replace(tick, **same) for tick in parted.of("ticks")]
    assert ours == [replace(tick, **same) for tick in whole.of("ticks")]
    # Lines of one microsecond have no order over two connections: the last of them may be either.
    for one, other in zip(parted.of("ticks"), whole.of("ticks"), strict=True):
        if one.latency_ms != other.latency_ms:
            ages = (one.book_age_ms, one.top_age_ms, one.trade_age_ms, one.mark_age_ms)
            known = sorted(age for age in ages if age is not None)
            assert known[0] == known[1]
