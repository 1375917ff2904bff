"""Delistings and listings that the connections tell in different grid intervals."""

import pickle
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from flows.market import MarketItem, MarketLogic
from flows.volatility import MarketRegimeLogic, Step
from schemas.control import Clock, End, Gap, Seen
from schemas.market import GridItem
from schemas.quality import Quality
from schemas.settings import RegimeSettings
from tests.flows.market_items import STALE_NS
from tests.flows.test_market import INSTRUMENT, NAME, S, T, clock, fill, seen, snapshot

BOOK, OTHER = "public", "market"
BOTH = (BOOK, OTHER)


def gone(at: int, connection: str) -> Gap:
    return Gap(NAME, connection, T + at, 9, "delisted")


def listed(at: int, connection: str, *named: str) -> Seen:
    return Seen(INSTRUMENT, connection, T + at, 5, True, named)


def one_of(*members: str, resumed: Any = None) -> MarketLogic:
    return MarketLogic({NAME: members} if members else {}, STALE_NS, resumed, (*BOTH, "z"))


def run(*parts: list[Any], restart: bool = False) -> list[MarketItem]:
    """What comes out of one item after the other."""
    one, out = one_of(*BOTH), []
    for item in (item for part in parts for item in part):
        out += one.on_batch([item])[0]
        if restart:
            one = one_of(*BOTH, resumed=pickle.loads(pickle.dumps(one.snapshot())))
    return out


def seconds(out: list[MarketItem]) -> list[float]:
    return [(item.ts - T) / S for item in out if isinstance(item, GridItem)]


def straddling(book_at: int, other_at: int) -> tuple[list[Any], list[Any]]:
    """Items of both connections; each has its line in the interval after a grid time."""
    found = []
    for name, left in ((BOOK, book_at), (OTHER, other_at)):
        items: list[Any] = [seen(name), clock(0, name)]
        items += [snapshot(5, 4, BOOK)] if name == BOOK else []
        for at in range(1, left + 1):
            items += [clock(at * S, name), fill(at * S + 7, 10 + at, 100.0, name)]
        found.append([*items, gone(left * S + 9, name), clock((left + 1) * S, name)])
    return found[0], found[1]


@pytest.mark.parametrize(("book_at", "other_at"), [(3, 2), (2, 3), (2, 5), (5, 2), (3, 3)])
def test_it_is_over_when_all_have_left(book_at: int, other_at: int) -> None:
    book, other = straddling(book_at, other_at)
    out = run(book, other)
    last = max(book_at, other_at) + 1
    assert seconds(out) == [float(at) for at in range(last + 1)]
    assert out[-1] == End(NAME, delisted=True)
    assert [item for item in out if isinstance(item, End)] == out[-1:]
    ticks = {(i.ts - T) // S: i.tick for i in out if isinstance(i, GridItem) and i.tick}
    assert ticks[book_at].quality is Quality.ok
    assert ticks[book_at + 1].quality is Quality.gap
    assert run(other, book) == out
    assert run(book[:5], other, book[5:]) == out
    assert run(other[:4], book, other[4:], restart=True) == out
    whole, _ = one_of(*BOTH).on_batch([*book, *other])
    assert whole == out


def test_who_comes_back_begins_anew_after_its_last_tick() -> None:
    book, other = straddling(3, 2)
    back: list[Any] = [listed(5 * S + 1, OTHER, *BOTH), clock(6 * S, OTHER)]
    back_too: list[Any] = [listed(6 * S + 2, BOOK, *BOTH), clock(7 * S, BOOK)]
    out = run(book, other, back, back_too, [clock(7 * S, OTHER)])
    assert seconds(out) == [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0]
    assert [type(item) for item in out].count(End) == 1


def test_who_is_back_in_the_same_interval_has_not_left() -> None:
    items = [seen("a"), clock(0), gone(5, "a"), listed(7, "a"), clock(S), clock(2 * S)]
    one = one_of("a")
    out, _ = one.on_batch(items)
    assert seconds(out) == [0.0, 1.0, 2.0]
    assert not any(isinstance(item, End) for item in out)


def test_one_that_ended_holds_no_delisting() -> None:
    book, other = straddling(3, 2)
    out = run(book[:-2], other, [End(BOOK)])
    assert seconds(out) == [0.0, 1.0, 2.0, 3.0]
    assert out[-1] == End(NAME, delisted=True)


def test_the_regime_goes_on_without_it() -> None:
    book, other = straddling(3, 2)
    regime = MarketRegimeLogic([NAME, "v:Y"], RegimeSettings(step_s=1.0), None)
    steps: list[Any] = [
        Step(i.instrument, i.ts, None, Quality.warming) if isinstance(i, GridItem) else i
        for i in run(book, other)
        if isinstance(i, GridItem | End)
    ]
    steps += [Step("v:Y", T + at * S, (1.0, 0.0, 0.0), Quality.ok) for at in range(9)]
    for item in steps:
        regime.on_batch([item])
    assert [(name, queue) for name, queue, *_ in regime.alignment.snapshot()] == [
        (NAME, ()), ("v:Y", ())
    ]  # fmt: skip


# -- listed on another connection --------------------------------------------------------------


def test_a_tick_comes_once_when_another_connection_lists_it() -> None:
    """Known from z's shared stream; a line of another connection lists it after 3 s."""
    known: list[Any] = [replace(seen("z", known=False), received_ns=T + S + S // 2)]
    known += [clock(2 * S, "z")]
    of_z: list[Any] = [clock(3 * S, "z")]
    of_book: list[Any] = [listed(3 * S + S // 2, BOOK, BOOK), clock(3 * S, BOOK)]
    then: list[Any] = [clock(4 * S, BOOK), clock(4 * S, "z"), clock(5 * S, "z"), clock(5 * S, BOOK)]
    outs = []
    for order in permutations([of_z, of_book]):
        one, out = one_of(), []
        for item in [*known, *order[0], *order[1], *then]:
            out += one.on_batch([item])[0]
            one = one_of(resumed=pickle.loads(pickle.dumps(one.snapshot())))
        outs.append(out)
    assert seconds(outs[0]) == [2.0, 3.0, 4.0, 5.0]
    assert outs[0] == outs[1]


def test_grid_times_up_to_the_line_do_not_wait_for_those_it_names() -> None:
    one = one_of()
    out, _ = one.on_batch([seen("z"), clock(S, "z"), listed(3 * S + 5, BOOK, BOOK)])
    assert seconds(out) == [1.0]
    out, _ = one.on_batch([clock(2 * S, "z"), clock(3 * S, "z"), clock(4 * S, "z")])
    assert seconds(out) == [2.0, 3.0]
    assert seconds(one.on_batch([Clock(BOOK, T + 4 * S)])[0]) == [4.0]
