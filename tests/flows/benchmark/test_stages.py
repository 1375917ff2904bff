"""Each stage of the bench does what it says it does, and all of it, before it is timed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from flows.benchmark import stages
from flows.benchmark.stages import Inputs, timed_rounds
from flows.market import MarketLogic
from schemas.chunk import Chunk
from schemas.column import Row
from schemas.errors import StoreError
from schemas.market import GridItem, Tick
from schemas.tables import Rows
from sinks.store import Store
from sources.listing import Listing
from sources.recording import Recording
from tests.flows.collected import Collected, collected

SYMBOLS = ("binance-usdm:BTCUSDT", "binance-usdm:ETHUSDT")


@pytest.fixture(scope="module")
def flowed(recording: Path) -> Collected:
    return collected([recording])


def bodies(inputs: Inputs) -> list[bytes]:
    (data,) = inputs.data.values()
    return [line.partition(b" ")[2] for line in data.splitlines()]


def test_frames_are_what_the_venue_pushed(inputs: Inputs) -> None:
    assert inputs.frames() == [body for body in bodies(inputs) if body.startswith(b"{")]


def test_the_unit_of_cost_decodes_every_frame() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        stages.loads_stage([b'{"a":1}', b'{"a":'])()


def test_decoding_reads_to_the_end_and_sees_every_fill(inputs: Inputs) -> None:
    opened: list[Recording] = []

    class Watched(Inputs):
        def opener(self, listing: Listing) -> Recording:
            opened.append(super().opener(listing))
            return opened[-1]

    stages.decode_stage(Watched(inputs.settings, inputs.wiring, inputs.data))()
    assert [recording._stream.closed for recording in opened] == [True]

    fills: dict[str, list[float]] = {name: [] for name in SYMBOLS}
    for items in stages._batches(inputs):
        for key, item in items:
            if isinstance(item, Chunk) and item.kind == "trade":
                fills[key] += item.columns["px"].tolist()
    pushed = [orjson.loads(frame)["data"] for frame in inputs.frames()]
    for name in SYMBOLS:
        symbol = name.partition(":")[2]
        trades = [data for data in pushed if data["e"] == "trade" and data["s"] == symbol]
        assert fills[name] == [float(data["p"]) for data in trades]
        assert fills[name]


def test_the_book_stage_ends_with_the_best_prices_of_the_last_tick(
    inputs: Inputs, flowed: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[MarketLogic] = []

    class Kept(stages._BookOnly):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(stages, "_BookOnly", Kept)
    stages.book_stage(inputs)()
    books = {}
    for logic in made:
        assert logic.market is not None
        books[logic.market.instrument.name] = logic.market.book.levels[:, :, 0].tolist()
    last = {name: flowed.of("ticks", name)[-1] for name in SYMBOLS}
    assert books == {
        name: [[tick.bid_px, tick.bid_sz], [tick.ask_px, tick.ask_sz]]
        for name, tick in last.items()
    }


def test_the_tick_stage_makes_the_ticks_of_the_flow(
    inputs: Inputs, flowed: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: dict[str, list[Tick]] = {name: [] for name in SYMBOLS}

    class Kept(MarketLogic):
        def on_batch(self, values: list[Any]) -> Any:
            done = super().on_batch(values)
            for item in done[0]:
                if isinstance(item, GridItem) and item.tick is not None:
                    ticks[item.instrument].append(item.tick)
            return done

    monkeypatch.setattr(stages, "MarketLogic", Kept)
    stages.tick_stage(inputs)()
    assert ticks == {name: flowed.of("ticks", name) for name in SYMBOLS}


def test_the_whole_flow_makes_every_row_and_drops_it(
    inputs: Inputs, flowed: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: dict[str, list[Row]] = {}

    def write_batch(self: Any, items: list[tuple[str, list[Rows]]]) -> None:
        for item in (item for _, bundle in items for item in bundle):
            dropped.setdefault(item.table, []).extend(item.rows)

    monkeypatch.setattr(stages._Discarded, "write_batch", write_batch)
    stages.flow_stage(inputs)()
    assert set(dropped) == set(flowed.rows)
    for table, rows in flowed.rows.items():
        if table != "runs":  # progress is told with every epoch
            assert sorted(map(repr, dropped[table])) == sorted(map(repr, rows)), table


def test_the_store_stage_stores_the_ticks_each_time_under_the_next_name(
    inputs: Inputs, flowed: Collected, tmp_path: Path
) -> None:
    names: Iterator[str] = iter(("one", "two", "three"))
    sql = "SELECT instrument, bid_px, ofi_usd FROM ticks WHERE run = {run:String} ORDER BY ts, 1"
    with Store.open(f"chdb://{tmp_path / 'store'}") as store:
        store.migrate()
        stage = stages.store_stage(inputs, store, names)
        stage()
        stage()
        stored = [store.query(sql, {"run": run}).rows for run in ("one", "two", "three")]
    ticks = tuple((tick.instrument, tick.bid_px, tick.ofi_usd) for tick in flowed.of("ticks"))
    assert stored == [ticks, ticks, ()]
    with pytest.raises(StoreError, match="is closed"):
        stage()


def test_two_recordings_are_read_side_by_side(inputs: Inputs) -> None:
    (listing,), (data,) = inputs.wiring.listings, inputs.data.values()
    both = Inputs(
        inputs.settings,
        replace(inputs.wiring, listings=(listing, replace(listing, connection="other"))),
        {listing.connection: data, "other": data},
    )
    assert both.frames() == 2 * inputs.frames()


def test_rounds_take_turns_after_a_warm_up_that_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, told = [0.0], list[str]()
    takes = {"a": iter((100.0, 1.0, 2.0)), "b": iter((100.0, 4.0, 8.0))}

    def stage_of(name: str) -> stages.Stage:
        def stage() -> None:
            now[0] += next(takes[name])

        return stage

    monkeypatch.setattr(stages, "perf_counter", lambda: now[0])

    def settle() -> None:
        now[0] += 100.0  # not timed
        settled.append(len(told))

    settled: list[int] = []
    seconds = timed_rounds({name: stage_of(name) for name in takes}, 2, told.append, settle)
    assert seconds == {"a": [1.0, 2.0], "b": [4.0, 8.0]}
    assert settled == [1, 2, 3, 4, 5, 6]
    assert told == [
        "warm-up: a", "warm-up: b", "round 1/2: a", "round 1/2: b", "round 2/2: a", "round 2/2: b",
    ]  # fmt: skip
