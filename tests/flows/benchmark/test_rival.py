"""The rival is timed for the same work: its rows are compared with ours, and a difference stops it.

Stores are opened one after the other, as the engine has one folder per process.
"""

from itertools import repeat
from pathlib import Path

import pytest
from msgspec.structs import replace

from flows.benchmark.rival import compare, rival_stage
from flows.benchmark.stages import Inputs, store_stage
from schemas.errors import BrokenInvariant
from sinks.store import Store

TABLES = ("ticks", "depth_curves", "volatility", "regimes", "rejected")


def doctored(inputs: Inputs) -> Inputs:
    """The last mark price of BTC is one cent higher."""
    ((name, data),) = inputs.data.items()
    at = data.rindex(b'"e":"markPriceUpdate","E":', 0, data.rindex(b'"s":"BTCUSDT","p":"'))
    at = data.index(b'"p":"', at)
    end = data.index(b'"', at + 5)
    price = b"%.8f" % (float(data[at + 5 : end]) + 0.01)
    return Inputs(inputs.settings, inputs.wiring, {name: data[: at + 5] + price + data[end:]})


@pytest.fixture(scope="module")
def url(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> str:
    where = f"chdb://{tmp_path_factory.mktemp('rival') / 'store'}"
    with Store.open(where) as store, rival_stage(inputs, store, repeat("theirs")) as rival:
        store.migrate()
        assert rival is not None
        rival()
        store_stage(inputs, store, repeat("ours"))()
        store_stage(doctored(inputs), store, repeat("doctored"))()
    return where


def test_our_rows_and_the_rivals_are_the_same(url: str) -> None:
    with Store.open(url) as store:
        counts = compare(store, "ours", "theirs")
        assert tuple(counts) == TABLES
        for table in TABLES:
            sql = f"SELECT run, count() FROM {table} WHERE run != 'doctored' GROUP BY run"
            expected = {(run, counts[table]) for run in ("ours", "theirs") if counts[table]}
            assert set(store.query(sql).rows) == expected
        assert min(counts["ticks"], counts["depth_curves"], counts["volatility"]) > 0


def test_what_only_the_recordings_header_tells_is_left_out(url: str) -> None:
    sql = "SELECT DISTINCT run, funding_interval_h FROM ticks WHERE run != 'doctored'"
    with Store.open(url) as store:
        assert set(store.query(sql).rows) == {("ours", 8.0), ("theirs", None)}


def test_a_doctored_price_is_found(url: str) -> None:
    with (
        Store.open(url) as store,
        pytest.raises(BrokenInvariant, match=r"^the rival's row \d+ of ticks differs: .*BTCUSDT"),
    ):
        compare(store, "doctored", "theirs")


def test_missing_rows_are_found(url: str) -> None:
    with Store.open(url) as store:
        with pytest.raises(BrokenInvariant, match=r"row 0 of ticks differs: .* and None$"):
            compare(store, "ours", "nobody")
        with pytest.raises(BrokenInvariant, match="row 0 of ticks differs: None and "):
            compare(store, "nobody", "theirs")


def test_the_rival_takes_one_recording_and_gives_its_handle_back(
    inputs: Inputs, tmp_path: Path
) -> None:
    several = replace(inputs.wiring, listings=2 * inputs.wiring.listings)
    with (
        Store.open(f"chdb://{tmp_path / 'one'}") as store,
        rival_stage(Inputs(inputs.settings, several, inputs.data), store, repeat("")) as none,
        rival_stage(inputs, store, repeat("")) as one,
    ):
        assert none is None
        assert one is not None
    Store.open(f"chdb://{tmp_path / 'other'}").close()  # refused while a handle is open elsewhere
