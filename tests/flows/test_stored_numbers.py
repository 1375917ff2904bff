"""The estimates in the store equal batch computations over the ticks in the store, to 1e-10.

The recording goes through the whole command; then nothing but the table `ticks` is read, and
variance, EWMA and filter are computed from it at once by the independent versions.
"""

import gzip
from math import isclose
from typing import Any

import pytest
from rich.console import Console

from flows.replay import replay
from flows.settings import load
from schemas.settings import Settings
from schemas.units import NS_PER_US
from sinks.store import Store
from tests.reference.regime_batch import market_batch, regime_batch
from tests.reference.volatility_batch import volatility_batch
from tests.shared import shared_file

INSTRUMENT = "binance-usdm:BTCUSDT"
GRID_NS = 250_000_000
REL = 1e-10
Answers = dict[str, list[dict[str, Any]]]


def number(value: Any) -> Any:
    return round(value.timestamp() * 1e6) * NS_PER_US if hasattr(value, "timestamp") else value


def read(store: Store, sql: str) -> list[dict[str, Any]]:
    answer = store.query(sql)
    return [dict(zip(answer.columns, map(number, row), strict=True)) for row in answer.rows]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Answers]:
    folder = tmp_path_factory.mktemp("stored")
    recording = shared_file("data/captures/binance-usdm__btcusdt-2023-04-04.gz")
    lines = gzip.decompress(recording.read_bytes()).splitlines(keepends=True)
    # A lost frame in the middle and a second snapshot there is none: the second half has no book.
    cut = next(i for i in range(60_000, len(lines)) if b"depthUpdate" in lines[i])
    file = folder / "binance-usdm__btcusdt.txt"
    file.write_bytes(b"".join(lines[:cut] + lines[cut + 1 :]))
    overrides: dict[str, object] = {
        "store.url": f"chdb://{folder / 'store'}",
        "source": [{"files": [str(file)]}],
        "regime.step_s": 5.0,
    }
    settings = load(None, {}, overrides)
    console = Console(file=(folder / "told").open("w"))
    assert replay(settings, ends=False, strict=False, console=console) == 0
    with Store.open(settings.store.url) as store:
        return settings, {
            "ticks": read(store, "SELECT * FROM ticks ORDER BY ts"),
            "volatility": read(store, "SELECT * FROM volatility ORDER BY ts"),
            "regimes": read(store, f"SELECT * FROM regimes WHERE scope='{INSTRUMENT}' ORDER BY ts"),
            "market": read(store, "SELECT * FROM regimes WHERE scope = 'market' ORDER BY ts"),
        }


def samples(ticks: list[dict[str, Any]]) -> list[tuple[int, float | None, bool]]:
    return [
        (
            tick["ts"],
            None if tick["quality"] in ("gap", "stale") else tick["microprice"],
            tick["quality"] == "gap" or "gap" in tick["flags"],
        )
        for tick in ticks
    ]


def assert_close(ours: dict[str, Any], theirs: dict[str, Any], what: str) -> None:
    for name, expected in theirs.items():
        if name not in ours:
            continue
        value, wanted = ours[name], getattr(expected, "name", expected)
        if isinstance(wanted, float) and isinstance(value, float):
            assert isclose(value, wanted, rel_tol=REL, abs_tol=0.0), (what, name, value, wanted)
        else:
            assert value == wanted, (what, name, value, wanted)


def test_volatility(stored: tuple[Settings, Answers]) -> None:
    settings, rows = stored
    ticks = samples(rows["ticks"])
    at = [ts for ts, _, _ in ticks]
    batch = volatility_batch(ticks, GRID_NS, settings.volatility.forecast_half_life_s, at)
    assert [row["ts"] for row in rows["volatility"]] == at
    for ours, theirs in zip(rows["volatility"], batch, strict=True):
        assert_close(ours, theirs, f"volatility at {ours['ts']}")
    assert any(row["realised_variance_5m"] is not None for row in rows["volatility"])
    assert rows["volatility"][-1]["quality"] == "gap"


def test_regimes(stored: tuple[Settings, Answers]) -> None:
    settings, rows = stored
    batch = regime_batch(samples(rows["ticks"]), "BTC", settings.regime, GRID_NS)
    assert [row["ts"] for row in rows["regimes"]] == [ts for ts, _ in batch]
    for ours, (_, theirs) in zip(rows["regimes"], batch, strict=True):
        assert_close(ours, theirs, f"regime at {ours['ts']}")
    steps = [
        (ts, [None if row["p_calm"] is None else (row["p_calm"], row["p_normal"], row["p_stress"])])
        for ts, row in batch
    ]
    market = market_batch(steps, settings.regime)
    assert [row["ts"] for row in rows["market"]] == [ts for ts, _ in market]
    for ours, (_, theirs) in zip(rows["market"], market, strict=True):
        assert_close(ours, theirs, f"market regime at {ours['ts']}")
    assert any(row["p_stress"] is not None for row in rows["regimes"])
