"""The market step: alignment of connections, restarts at any item, what it says besides ticks."""

import pickle
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from flows.market import VERSION, MarketItem, MarketLogic, instrument_row, market_logic
from schemas.chunk import COLUMNS, Chunk
from schemas.control import Clock, End, Gap, Seen
from schemas.errors import BrokenInvariant
from schemas.instrument import infer
from schemas.market import GridItem, Liquidation, PositionSide
from schemas.quality import Quality
from schemas.tables import Rows, rows_item
from tests.flows.collected import USDM_2024
from tests.flows.excerpt import first_lines, raw_lines
from tests.flows.market_items import (
    STALE_NS,
    grid_items,
    indexed,
    keyed_items,
    listed,
    market_of,
    step,
)
from tests.shared import shared_file

S = 1_000_000_000
T = 1_700_000_000 * S
NAME = "binance-usdm:BTCUSDT"
INSTRUMENT = infer("binance-usdm", "BTCUSDT", "perpetual", 1)


def seen(connection: str = "a", *, known: bool = True, decimals: int | None = 1) -> Seen:
    return Seen(replace(INSTRUMENT, price_decimals=decimals), connection, T, 1, known)


def chunk(
    kind: str, received: list[int], line: list[int], connection: str = "a", **columns: Any
) -> Chunk:
    given = {
        name: np.asarray(columns.get(name, np.zeros(len(received))), dtype)
        for name, dtype in COLUMNS[kind].items()
    }
    stamps = np.array([T + at for at in received], np.int64)
    return Chunk(NAME, kind, stamps, np.array(line, np.int64), given, connection)


def fill(received: int, line: int, px: float, connection: str = "a") -> Chunk:
    return chunk("trade", [received], [line], connection, px=[px], size_base=[1.0], taker=[1])


def snapshot(received: int, line: int, connection: str = "a") -> Chunk:
    return chunk(
        "book", [received] * 2, [line] * 2, connection,
        last_id=[7, 7], side=[1, -1], px_ticks=[1000, 1010], size=[30.0, 10.0], is_snapshot=[1, 1],
    )  # fmt: skip


def clock(at_ns: int, connection: str = "a") -> Clock:
    return Clock(connection, T + at_ns)


def logic(*connections: str) -> MarketLogic:
    return MarketLogic({NAME: connections or ("a",)}, STALE_NS, None)


def fed(one: MarketLogic, *values: Any) -> list[MarketItem]:
    out, discard = one.on_batch(list(values))
    assert discard is False
    return out


def told(items: list[MarketItem]) -> list[tuple[float, Any, Any]]:
    """(seconds, bought, last price) of each grid item."""
    return [
        ((i.ts - T) / S, i.tick and i.tick.buy_count, i.tick and i.tick.last_trade_px)
        for i in grid_items(items)
    ]


# -- clocks -----------------------------------------------------------------------------------


def test_a_grid_time_is_cut_when_every_connection_has_reached_it() -> None:
    one = logic("a", "b")
    assert fed(one, seen(), clock(0), fill(10, 2, 100.0), clock(S)) == []  # b has not started
    out = fed(one, seen("b"), clock(S, "b"))
    assert out[0] == rows_item(instrument_row(T, seen("b")))
    assert told(out) == [(0.0, None, None), (1.0, 1, 100.0)]
    assert fed(one, fill(S + 5, 3, 101.0), clock(2 * S), clock(3 * S)) == []
    out = fed(one, fill(S + 7, 2, 102.0, "b"), clock(3 * S, "b"))
    assert told(out) == [(2.0, 2, 102.0), (3.0, 0, 102.0)]


def test_what_comes_on_a_grid_time_belongs_to_the_next() -> None:
    one = logic("a", "b")
    fed(one, seen(), seen("b"), clock(0), clock(0, "b"))
    fed(one, fill(S - 1, 2, 100.0), clock(S), fill(S, 3, 101.0), clock(2 * S))
    out = fed(one, clock(S, "b"), fill(S, 2, 102.0, "b"), clock(2 * S, "b"))
    assert told(out) == [(1.0, 1, 100.0), (2.0, 2, 102.0)]


def test_of_an_unknown_name_all_connections_so_far_count() -> None:
    one = MarketLogic({}, STALE_NS, None)
    assert told(fed(one, seen(), clock(0))) == [(0.0, None, None)]
    assert fed(one, seen("b"), clock(S)) != []


def test_a_jump_skips_the_grid_times_between() -> None:
    one = logic()
    fed(one, seen(), clock(0), fill(1, 2, 100.0), clock(S))
    gap = Gap(NAME, "a", T + S + 5, 3, "start")
    out = fed(one, gap, Clock("a", T + 100 * S, jump=True), clock(101 * S))
    assert told(out) == [(100.0, 0, 100.0), (101.0, 0, 100.0)]
    assert [item.tick.flags for item in grid_items(out) if item.tick] == [("gap",), ()]


def test_an_end_no_longer_holds_the_others() -> None:
    one = logic("a", "b")
    fed(one, seen(), clock(0), seen("b"), clock(0, "b"), fill(5, 2, 100.0), clock(S), clock(2 * S))
    assert told(fed(one, End("b"))) == [(1.0, 1, 100.0), (2.0, 0, 100.0)]
    assert fed(one, End("a")) == [End(NAME)]


def test_an_end_of_the_input_says_nothing() -> None:
    one = logic()
    fed(one, seen(), clock(0), fill(5, 2, 100.0))
    assert one.on_eof() == ([], False)
    assert told(fed(one, clock(S))) == [(1.0, 1, 100.0)]


def test_a_state_ahead_of_its_clock_is_refused() -> None:
    one = logic()
    fed(one, seen(), clock(0), clock(S))
    for again in (clock(S), clock(0)):
        with pytest.raises(BrokenInvariant, match="the state is ahead of its source"):
            fed(one, again)
    resumed = MarketLogic({NAME: ("a",)}, STALE_NS, one.snapshot())
    with pytest.raises(BrokenInvariant, match="clock 1700000001000000000 of a after"):
        fed(resumed, clock(S))


def test_nothing_comes_before_the_instrument_is_seen() -> None:
    for early in (clock(0), chunk("liquidation", [5], [1])):
        with pytest.raises(BrokenInvariant, match="before it was seen"):
            fed(logic(), early)


# -- what is folded ---------------------------------------------------------------------------


def test_connections_merge_by_time_then_name_then_line() -> None:
    one = logic("a", "b")
    fed(one, seen(), seen("b"), clock(0), clock(0, "b"))
    fed(one, fill(5, 9, 105.0, "b"), fill(9, 10, 109.0, "b"))
    fed(one, fill(9, 1, 190.0), clock(S))  # the same time: a comes before b
    assert told(fed(one, clock(S, "b"))) == [(1.0, 3, 109.0)]
    fed(one, fill(S + 9, 2, 290.0), fill(S + 8, 11, 208.0, "b"), clock(2 * S))
    assert told(fed(one, clock(2 * S, "b"))) == [(2.0, 2, 290.0)]


def test_rows_of_a_line_apply_before_its_gap_and_later_ones_after_it() -> None:
    one = logic()
    gap = Gap(NAME, "a", T + 5, 4, "sequence")
    late = fill(7, 6, 100.0)
    (item,) = grid_items(fed(one, seen(), clock(0), snapshot(5, 4), gap, late, clock(S)))[1:]
    assert item.tick is not None
    assert (item.tick.quality, item.tick.flags, item.tick.book_age_ms) == (
        Quality.gap, ("gap",), (S - 5) / 1e6
    )  # fmt: skip
    (item,) = grid_items(fed(one, snapshot(S + 1, 8), clock(2 * S)))
    assert item.tick is not None
    assert (item.tick.quality, item.tick.bid_px) == (Quality.ok, 100.0)


def test_a_failed_self_check_is_told_with_the_line_of_its_connection() -> None:
    one = logic("a", "b")
    fed(one, seen(), seen("b"), clock(0), clock(0, "b"), snapshot(5, 4, "b"))
    top = chunk("top", [6], [70], id=[9], bid_px=[100.0], bid_sz=[31.0], ask_px=[101.0],
                ask_sz=[10.0])  # fmt: skip
    frame = chunk("book", [7], [5], "b", last_id=[9], side=[0], is_snapshot=[0])
    out = fed(one, top, clock(S), frame, fill(8, 6, 100.0, "b"), clock(S, "b"))
    gap, item = (x for x in out if not isinstance(x, Rows))
    assert gap == Gap(NAME, "b", T + 7, 5, "book_mismatch")
    assert isinstance(item, GridItem)
    assert item.tick is not None
    assert (item.tick.quality, item.tick.flags) == (Quality.gap, ("gap",))


def test_forced_orders_go_out_at_once_one_item_per_line() -> None:
    one = logic()
    fed(one, seen())
    out = fed(one, chunk(
        "liquidation", [5, 5, 6], [2, 2, 3], venue_ns=[0, T, T], px=[100.0, 101.0, 102.0],
        size_base=[1.0, 2.0, 3.0], position_side=[1, -1, 1], thinned=[1, 1, 0],
    ))  # fmt: skip
    common = {"source": "a", "venue": "binance-usdm", "instrument": NAME, "asset": "BTC"}
    long, short = PositionSide.long, PositionSide.short
    thin = ("thinned",)
    rows = [
        Liquidation(ts=T + 5, line=2, venue_ts=None, position_side=long, px=100.0, size_base=1.0,
                    size_usd=100.0, flags=thin, **common),
        Liquidation(ts=T + 5, line=2, venue_ts=T, position_side=short, px=101.0, size_base=2.0,
                    size_usd=202.0, flags=thin, **common),
        Liquidation(ts=T + 6, line=3, venue_ts=T, position_side=long, px=102.0, size_base=3.0,
                    size_usd=306.0, flags=(), **common),
    ]  # fmt: skip
    assert out == [rows_item(rows[0], rows[1]), rows_item(rows[2])]


def test_an_instrument_is_told_when_it_changes() -> None:
    one = logic()
    unlisted = seen(known=False, decimals=None)
    (first, _) = fed(one, unlisted, clock(0))
    assert first == rows_item(instrument_row(T, unlisted))
    better = seen(known=False)
    assert [type(item) for item in fed(one, clock(S))] == [GridItem]
    (again, _) = fed(one, better, clock(2 * S))
    assert again == rows_item(instrument_row(T + 2 * S, better))
    forgotten = seen(known=False, decimals=None)  # a scale once known stays
    assert [type(item) for item in fed(one, forgotten, clock(3 * S))] == [GridItem]


# -- restarts ---------------------------------------------------------------------------------


def restarted_at(items: list, every: int) -> tuple[list[MarketItem], int]:
    """All items with a snapshot, pickle and restore after every n-th; the largest market state.

    (What waits for the next grid time comes on top of it.)
    """
    one, out, largest = market_of(NAME), [], 0
    for number, (_, item) in enumerate(items):
        if number % every == every - 1:
            state = one.snapshot()
            largest = max(largest, len(pickle.dumps(state[-1])))
            one = market_of(NAME, resumed=pickle.loads(pickle.dumps(state)))
        out += one.on_batch([item])[0]
    return out, largest


@pytest.mark.parametrize(("span_s", "every"), [(15, 1), (60, 7), (345, 61)])
def test_a_restart_after_every_nth_item_changes_nothing(span_s: int, every: int) -> None:
    lines = indexed(first_lines(raw_lines(shared_file(USDM_2024)), span_s * S))
    instruments = listed(lines, "binance-usdm")
    _, items = keyed_items(lines, "binance-usdm", S // 4, instruments, most=300)
    whole = step(market_of(NAME), items)
    restarted, largest = restarted_at(items, every)
    assert restarted == whole
    assert len(grid_items(whole)) >= span_s * 4
    assert 20_000 < largest <= 100_000


def test_restarts_between_two_connections() -> None:
    values = [seen(), seen("b"), clock(0), clock(0, "b"), snapshot(5, 4), fill(5, 9, 105.0, "b"),
              fill(9, 10, 109.0, "b"), clock(S), Gap(NAME, "a", T + S + 1, 8, "sequence"),
              clock(2 * S), clock(S, "b"), fill(S + 9, 11, 90.0, "b"), clock(2 * S, "b"),
              End("b"), clock(3 * S), End("a")]  # fmt: skip
    whole = fed(logic("a", "b"), *values)
    for cut in range(len(values)):
        first = logic("a", "b")
        out = fed(first, *values[:cut])
        state = pickle.loads(pickle.dumps(first.snapshot()))
        resumed = market_logic({NAME: ("a", "b")}, STALE_NS)(state)
        rest, _ = resumed.on_batch([values[cut:]])  # as the source sends them: bundled
        assert out + rest == whole


def test_a_state_of_another_version_is_refused() -> None:
    state = logic().snapshot()
    assert state[0] == VERSION
    with pytest.raises(BrokenInvariant, match="version 99"):
        MarketLogic({}, STALE_NS, (99, *state[1:]))


def test_a_loss_on_a_connection_without_the_book_does_not_lose_the_book() -> None:
    members = {NAME: ("a", "b")}
    for lossy, quality in (("b", Quality.ok), ("a", Quality.gap)):
        logic = MarketLogic(members, STALE_NS, None)
        items = [seen("a"), seen("b"), Clock("a", T), Clock("b", T), snapshot(S // 10, 2, "a")]
        items += [
            Gap(NAME, lossy, T + S // 5, 3, "reconnect"),
            Clock("a", T + S),
            Clock("b", T + S),
        ]
        (last,) = [i for i in logic.on_batch(items)[0] if isinstance(i, GridItem) and i.tick]
        assert last.tick is not None
        assert last.tick.quality is quality
        assert ("gap" in last.tick.flags) == (lossy == "a")
