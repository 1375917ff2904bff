"""Instruments that are listed, delisted and changed by lines: every item a connection gives."""

import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.chunk import Chunk
from schemas.control import Clock, Gap, Reason, Rejected, Seen, Wish
from sources.connection import Connection
from sources.instrument_lines import entry_of
from tests.sources.talk import (
    GRID,
    MS,
    START,
    USDM,
    answer,
    connection,
    depth,
    enumerate_ns,
    indexed,
    instrument,
    joined,
    parted,
    stamped,
    taken,
    text,
    trade,
)

BTC, ETH = instrument(USDM, "BTCUSDT", 1), instrument(USDM, "ETHUSDT", 2)
HAVING = ("c", "d")


def told(*listed: Any, delisted: tuple[str, ...] = ()) -> str:
    """An `instruments` line."""
    said = {"listed": [entry_of(i, HAVING) for i in listed], "delisted": delisted}
    return "!" + msgspec.json.encode({"k": "instruments", **said}).decode()


def as_told(one: Any) -> Any:
    return replace(one, source="recording")


def items(out: list[Any], name: str) -> list[Any]:
    return [item for key, item in out if key == name]


def after(at: int, *payloads: str) -> bytes:
    """Lines 1 ms apart from so many ms after START."""
    return text(*payloads, start=START + at * MS)


# -- listed ------------------------------------------------------------------------------------


def test_a_listed_instrument_begins_as_one_that_was_known_at_the_start() -> None:
    made = connection(BTCUSDT=1)
    out = made.take(indexed(after(300, told(ETH))))
    assert items(out, ETH.name) == [
        Seen(as_told(ETH), "c", START + 300 * MS, 1, True, HAVING),
        Clock("c", START + GRID),
    ]
    assert items(out, BTC.name) == [Clock("c", START + GRID)]
    out = made.take(indexed(after(510, trade(1, "100.0", symbol="ETHUSDT")), 2))
    clock, fill = items(out, ETH.name)
    assert clock == Clock("c", START + 2 * GRID)
    assert isinstance(fill, Chunk)
    assert fill.kind == "trade"
    assert dict(made.counts) == {"gaps": 0}


def test_its_book_begins_with_a_wish() -> None:
    made = connection(BTCUSDT=1)
    frames = depth(10, 14, 9, symbol="ETHUSDT"), answer(12, symbol="ETHUSDT")
    made.take(indexed(after(1, told(ETH), *frames)))
    (wish,) = made.wishes
    assert (wish.instrument, wish.reason) == (ETH.name, "sequence")
    assert made.roster.awaiting() == frozenset()


def test_what_is_known_already_says_nothing() -> None:
    made = connection(BTCUSDT=1)
    first = made.take(indexed(after(1, told(BTC))))
    assert [type(item) for item in items(first, BTC.name)] == [Seen]  # its source is another
    assert made.take(indexed(after(2, told(BTC), told(replace(BTC, price_decimals=None))))) == []


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ('!{"k":"instruments","listed":[{"symbol":"X"}]}', "missing required field `asset`"),
        ('!{"k":"instruments","delisted":"BTCUSDT"}', "Expected `array`, got `str`"),
    ],
)
def test_a_line_that_is_wrong_changes_nothing(line: str, detail: str) -> None:
    made = connection(BTCUSDT=1)
    before = made.roster.snapshot()
    ((key, refused),) = made.take(indexed(after(1, line)))
    assert key == "c"
    assert isinstance(refused, Rejected)
    assert refused.reason is Reason.bad_control
    assert detail in refused.detail
    assert made.roster.snapshot() == before
    assert list(made.known) == [BTC.name]


# -- delisted ----------------------------------------------------------------------------------


def test_a_delisted_one_has_a_gap_one_more_clock_and_then_nothing() -> None:
    made = connection(BTCUSDT=1, ETHUSDT=2)
    made.take(indexed(after(1, depth(10, 14, 9), answer(12))))
    made.wishes.clear()
    lines = after(10, told(delisted=("BTCUSDT", "BTCUSDT", "XRPUSDT")), depth(15, 19, 14),
                  trade(1), trade(2, "50.00", symbol="ETHUSDT"))  # fmt: skip
    out = made.take(indexed(lines, 3))
    assert items(out, BTC.name) == [Gap(BTC.name, "c", START + 10 * MS, 3, "delisted")]
    assert [type(item) for item in items(out, ETH.name)] == [Chunk]
    assert made.counts["delisted"] == 1  # the fill; the frame would only have wished
    assert made.wishes == []
    out = made.take(indexed(after(800, '!{"k":"clock"}'), 7))
    assert items(out, BTC.name) == [Clock("c", START + GRID)]
    assert items(out, ETH.name) == [Clock("c", START + n * GRID) for n in (1, 2, 3)]
    closed = made.take(indexed(after(810, '!{"k":"close"}', '!{"k":"start"}'), 8))
    assert items(closed, BTC.name) == []
    assert [gap.reason for gap in items(closed, ETH.name)] == ["reconnect", "start"]
    assert {wish.instrument for wish in made.wishes} <= {ETH.name}
    assert list(made.known) == [ETH.name]


def test_a_start_right_after_is_its_last_clock() -> None:
    made = connection(BTCUSDT=1)
    lines = enumerate_ns([told(delisted=("BTCUSDT",))], START + MS, MS)
    out = made.take(indexed(stamped([*lines, (START + 10 * GRID, '!{"k":"start"}')])))
    assert items(out, BTC.name) == [
        Gap(BTC.name, "c", START + MS, 1, "delisted"),
        Gap(BTC.name, "c", START + 10 * GRID - 1, 2, "start"),
        Clock("c", START + 10 * GRID, jump=True),
    ]
    assert made.take(indexed(after(3000, '!{"k":"clock"}'), 3)) == []


def test_it_may_come_back_with_a_book_of_its_own() -> None:
    made = connection(BTCUSDT=1)
    book = depth(10, 14, 9), answer(12)
    made.take(indexed(after(1, *book, told(delisted=("BTCUSDT",)), depth(15, 19, 14))))
    made.take(indexed(after(600, '!{"k":"clock"}'), 5))
    made.wishes.clear()
    out = made.take(indexed(after(700, told(BTC), depth(20, 24, 19), answer(22)), 6))
    seen, chunk = items(out, BTC.name)
    assert seen == Seen(as_told(BTC), "c", START + 700 * MS, 6, True, HAVING)
    assert chunk.columns["last_id"].tolist() == [22, 22, 24]  # nothing of the book before
    assert [wish.instrument for wish in made.wishes] == [BTC.name]
    out = made.take(indexed(after(760, '!{"k":"clock"}'), 9))
    assert items(out, BTC.name) == [Clock("c", START + 3 * GRID)]


def test_within_the_same_grid_time_it_has_each_clock_once() -> None:
    made = connection(BTCUSDT=1)
    out = made.take(indexed(after(1, told(delisted=("BTCUSDT",)), told(BTC))))
    out += made.take(indexed(after(600, '!{"k":"clock"}'), 3))
    clocks = [item for item in items(out, BTC.name) if isinstance(item, Clock)]
    assert clocks == [Clock("c", START + GRID), Clock("c", START + 2 * GRID)]


# -- changed -----------------------------------------------------------------------------------


def test_another_price_tick_loses_the_book_and_frames_are_of_it() -> None:
    made = connection(BTCUSDT=1)
    made.take(indexed(after(1, depth(10, 14, 9), answer(12))))
    made.wishes.clear()
    finer = replace(BTC, price_decimals=2)
    frame = depth(15, 19, 14, bids=[("100.25", "1")])
    out = made.take(indexed(after(10, told(finer), frame, answer(16)), 3))
    gap, seen, chunk = items(out, BTC.name)
    assert gap == Gap(BTC.name, "c", START + 10 * MS, 3, "rescaled")
    assert seen == Seen(as_told(finer), "c", START + 10 * MS, 3, True, HAVING)
    assert chunk.columns["px_ticks"].tolist() == [9900, 10100, 10025]
    assert [wish.instrument for wish in made.wishes] == [BTC.name]


def test_another_funding_interval_is_seen_and_loses_nothing() -> None:
    made = connection(BTCUSDT=1)
    made.take(indexed(after(1, depth(10, 14, 9), answer(12))))
    other = replace(BTC, funding_interval_h=4.0)
    out = made.take(indexed(after(10, told(other), depth(15, 19, 14)), 3))
    seen, chunk = items(out, BTC.name)
    assert seen.instrument == as_told(other)
    assert chunk.columns["last_id"].tolist() == [19]


# -- lines alone decide ------------------------------------------------------------------------


def conversation() -> bytes:
    """Two instruments that come and go, books that break, a restart, over several grid times."""
    said = ['!{"k":"open"}', told(ETH), depth(10, 14, 9), answer(12), trade(1)]
    said += [depth(1, 4, 0, symbol="ETHUSDT"), answer(2, symbol="ETHUSDT")]
    said += [trade(2, "100.00", symbol="ETHUSDT"), depth(15, 19, 14)] * 3
    said += [told(delisted=("BTCUSDT",)), depth(20, 24, 19), trade(3), '!{"k":"clock"}']
    said += [
        told(replace(ETH, price_decimals=3)),
        depth(5, 8, 4, [("9.125", "1")], symbol="ETHUSDT"),
    ]
    said += ['!{"k":"close"}', '!{"k":"start"}', told(BTC, delisted=("ETHUSDT",)), trade(4)]
    said += [depth(30, 34, 29), answer(32), trade(5, symbol="ETHUSDT"), '!{"k":"clock"}', trade(6)]
    return text(*said, step=70 * MS)


def fresh() -> Connection:
    return connection(BTCUSDT=1)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_any_chunking_gives_the_same_items(size: int) -> None:
    lines = indexed(conversation())
    one, other = fresh(), fresh()
    assert joined(taken(one, lines, size)) == joined(other.take(lines))
    assert one.snapshot() == other.snapshot()
    assert one.wishes == other.wishes


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=8, max_size=8))
def test_a_state_taken_anywhere_goes_on_the_same(sizes: list[int]) -> None:
    lines = indexed(conversation())
    whole, one, out, at = fresh(), fresh(), [], 0
    for size in [*sizes, len(lines)]:
        part = lines.part(min(at, len(lines)), min(at + size, len(lines)))
        out += one.take(part)
        at += size
        state = pickle.loads(pickle.dumps(one.snapshot()))
        again = fresh()
        again.restore(state)
        again.digest = one.digest
        one = again
    assert joined(out) == joined(whole.take(lines))
    assert one.roster.snapshot() == whole.roster.snapshot()


def test_the_conversation_says_what_it_is_for() -> None:
    made = fresh()
    out = [item for part in parted(indexed(conversation()), 5) for item in made.take(part)]
    reasons = [(i.instrument, i.reason) for _, i in out if isinstance(i, Gap)]
    assert (BTC.name, "delisted") in reasons
    assert (ETH.name, "rescaled") in reasons
    assert (ETH.name, "delisted") in reasons
    assert list(made.known) == [BTC.name]
    assert {type(item) for _, item in out} >= {Seen, Gap, Clock, Chunk}
    assert all(isinstance(wish, Wish) for wish in made.wishes)
