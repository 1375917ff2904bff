"""What is known of an instrument, as of a grid time, in whatever order its connections speak."""

import pickle
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from flows.market import MarketLogic, instrument_row
from flows.metadata import Metadata
from schemas.control import Clock, End, Gap, Seen
from schemas.errors import BrokenInvariant
from schemas.market import GridItem
from schemas.tables import rows_item
from sources.connection import Connection
from sources.instrument_lines import listed_in
from tests.flows.live_made import BTC, ETH, USDM
from tests.flows.market_items import STALE_NS
from tests.flows.test_listings_replayed import BACK, BOTH, MARKET, PUBLIC, spoken
from tests.sources.talk import GRID, MS, START, indexed, session, stamped

T = START


def seen(decimals: int | None = 1, *, at: int = 0, connection: str = "a", line: int = 1) -> Seen:
    known = replace(BTC, price_decimals=decimals)
    return Seen(known, connection, T + at, line, listed=True)


# -- Metadata ----------------------------------------------------------------------------------


def test_the_first_counts_at_once_and_others_from_their_grid_time() -> None:
    one = Metadata()
    with pytest.raises(BrokenInvariant, match="before it was seen"):
        _ = one.told
    assert one.take(seen(1)) is True
    assert one.take(seen(3, at=20, connection="b")) is False
    assert one.take(seen(2, at=10)) is False
    assert one.due(T + 10, None) == []
    assert one.due(T + 20, None) == [seen(2, at=10)]
    assert one.due(T + 21, None) == [seen(3, at=20, connection="b")]
    assert one.told == seen(3, at=20, connection="b")


def test_a_scale_is_of_the_connection_that_carries_the_book() -> None:
    one = Metadata()
    one.take(seen(1))
    one.take(seen(2, at=1, connection="b"))
    one.take(seen(3, at=2, connection="a"))
    (other, own) = one.due(T + 9, "a")
    assert (other.instrument.price_decimals, own.instrument.price_decimals) == (1, 3)


def test_a_scale_stays_where_none_is_told() -> None:
    one = Metadata()
    one.take(seen(1))
    one.take(seen(None, at=1))
    assert [s.instrument.price_decimals for s in one.due(T + 2, None)] == [1]


def test_who_was_over_begins_anew() -> None:
    one = Metadata()
    one.take(seen(1))
    one.take(seen(2, at=1))
    one.over = True
    assert one.take(seen(None, at=5)) is True
    assert one.told.instrument.price_decimals == 1
    assert one.due(T + 9, None) == []


def test_a_state_comes_back() -> None:
    one, other = Metadata(), Metadata()
    one.take(replace(seen(1), connections=("a",)))
    one.take(seen(2, at=7))
    other.restore(pickle.loads(pickle.dumps(one.snapshot())))
    assert other.snapshot() == one.snapshot()
    assert other.due(T + 8, None) == [seen(2, at=7)]


# -- in the market step ------------------------------------------------------------------------


def items_of(name: str, lines: list[tuple[int, str]]) -> list[Any]:
    """What one connection says of ETH."""
    known = session(USDM)
    known.list_instruments(listed_in([{"symbol": "BTCUSDT", "asset": "BTC", "quote": "USDT",
                                       "kind": "perpetual", "price_decimals": 1}],
                                     USDM, lambda i: i))  # fmt: skip
    made = Connection(name, known, grid_ns=GRID, hole_ns=10**15, foreign=False)
    known.connection = known.books.connection = known.known.connection = name
    data = indexed(stamped((START + at * MS, line) for at, line in lines))
    out = [*made.open(START), *made.take(data)]
    return [item for key, item in out if key == ETH.name]


def market() -> MarketLogic:
    return MarketLogic({}, STALE_NS, None, BOTH)


@pytest.fixture(scope="module")
def spoken_of() -> tuple[list[Any], list[Any]]:
    public, market = ([e for e in lines if e[0] < BACK - 100] for lines in spoken())
    return items_of(PUBLIC, public), items_of(MARKET, market)


def woven(spoken_of: tuple[list[Any], list[Any]], chance: Random, stick: float) -> list[Any]:
    """Both connections' items, each in its order, in some order of the two."""
    queues = [list(items) for items in spoken_of]
    out, at = [], 0
    while any(queues):
        at = at if queues[at] and chance.random() < stick else 1 - at
        if queues[at]:
            out.append(queues[at].pop(0))
    return out


@pytest.mark.parametrize("stick", [0.1, 0.5, 0.9, 0.99, 1.0])
def test_rows_do_not_depend_on_which_connection_is_ahead(
    spoken_of: tuple[list[Any], list[Any]], stick: float
) -> None:
    expected = market().on_batch(woven(spoken_of, Random(1), 0.0))[0]
    for number in range(5):
        one = market()
        out = []
        for item in woven(spoken_of, Random(number), stick):
            out += one.on_batch([item])[0]
        assert out == expected
    grids = [(item.ts - START) // MS for item in expected if isinstance(item, GridItem)]
    assert grids == [*range(1000, 3251, 250)]
    assert [type(item) for item in expected[-2:]] == [GridItem, End]


def test_a_connection_that_is_not_waited_for_gives_no_grid_times() -> None:
    one = MarketLogic({BTC.name: ("a",)}, STALE_NS, None, ("a", "z"))
    said = [seen(), Clock("a", T), Clock("a", T + GRID), seen(connection="z"), Clock("z", T)]
    out, _ = one.on_batch(said)
    assert out[0] == rows_item(instrument_row(T, seen()))
    assert [item.ts for item in out if isinstance(item, GridItem)] == [T, T + GRID]


def test_of_the_connections_that_a_line_names_only_the_runs_count() -> None:
    one = MarketLogic({}, STALE_NS, None, ("a",))
    told = replace(seen(), connections=("a", "elsewhere"))
    out, _ = one.on_batch([told, Clock("a", T)])
    assert [type(item) for item in out[1:]] == [GridItem]


def test_a_gap_of_a_delisting_is_no_other_gap() -> None:
    one = MarketLogic({BTC.name: ("a",)}, STALE_NS, None)
    gap = Gap(BTC.name, "a", T + 1, 2, "reconnect")
    out, _ = one.on_batch([seen(), Clock("a", T), gap, Clock("a", T + GRID)])
    assert not any(isinstance(item, End) for item in out)
    out, _ = one.on_batch([replace(gap, received_ns=T + GRID, reason="delisted"),
                           Clock("a", T + 2 * GRID)])  # fmt: skip
    assert [type(item) for item in out] == [GridItem, End]
