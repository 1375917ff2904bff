"""Public trades and forced orders: sides, repeats, transfers that are no flow."""

from typing import Any

import pytest

from schemas.control import Reason, Rejected
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.hyperliquid_remembered import REMEMBERED
from tests.sources.talk import MS, START, chunks, others, shown
from tests.sources.test_hyperliquid_frames import (
    NO_HASH,
    OTHER,
    START_MS,
    USER,
    fill,
    frame,
    hear,
    rows,
    say,
    seen,
    session,
    trade,
    trades,
    user_fills,
)

# Exactly as old as a live fill may be.
OLD_MS = START_MS - round(HyperliquidAssumed().old_fill_s * 1000)


def trade_rows(*fills: tuple[int, int, int, int], coin: str = "BTC") -> Any:
    """Rows of (line, id, ms after START, taker), all 2 coins at 100.5."""
    lines, ids, times, takers = zip(*fills, strict=True)
    return rows(coin, "trade", lines, venue_ns=tuple((START_MS + t) * MS for t in times), id=ids,
                px=(100.5,) * len(ids), size_base=(2.0,) * len(ids), taker=takers)  # fmt: skip


def ids(items: Any) -> list[tuple[int, int]]:
    """(id, taker) of every trade row."""
    return [
        pair
        for chunk in chunks(items, "trade")
        for pair in zip(chunk.columns["id"].tolist(), chunk.columns["taker"].tolist(), strict=True)
    ]


def test_the_side_is_the_takers() -> None:
    items, counts = say(trades(trade(1), trade(2, side="A"), trade(3, coin="ETH")))
    expected = [trade_rows((1, 1, 0, 1), (1, 2, 0, -1)), trade_rows((1, 3, 0, 1), coin="ETH")]
    assert (items, counts) == ([seen("BTC", 1), seen("ETH", 1), *expected], {})


def test_a_fill_without_a_hash_or_without_a_size_is_no_flow() -> None:
    items, counts = say(trades(trade(1, hash=NO_HASH), trade(2, side="A", hash=NO_HASH)))
    assert items[1] == trade_rows((1, 1, 0, 0), (1, 2, 0, 0))
    assert counts == {"no_flow": 2}
    assert ids(hear(session(), trades(trade(1, sz="0.0"), trade(2)))) == [(1, 0), (2, 1)]


def test_the_first_frame_repeats_what_is_old_and_that_is_no_flow() -> None:
    made = session()
    old, live = trade(1, OLD_MS - 1), trade(2, OLD_MS)
    items = hear(made, trades(old, live), trades(trade(3, OLD_MS - 1)))
    # In a later frame even an old fill is news.
    assert ids(items) == [(1, 0), (2, 1), (3, 1)]
    assert made.counts == {"assumed:old_fill_s": 1}


def test_each_coin_has_a_first_frame_of_its_own() -> None:
    made = session()
    items = hear(made, trades(trade(1)), trades(trade(2, OLD_MS - 1, coin="ETH"), trade(3)))
    assert ids(items) == [(1, 1), (3, 1), (2, 0)]


def test_a_doubled_and_a_reordered_frame_count_each_fill_once() -> None:
    one, two = trades(trade(1), trade(2)), trades(trade(3))
    made = session()
    items = hear(made, one, one, two, trades(trade(3), trade(3), trade(4)))
    assert [shown(i) for i in items[1:]] == [
        trade_rows((1, 1, 0, 1), (1, 2, 0, 1), (3, 3, 0, 1), (4, 4, 0, 1))
    ]
    assert made.counts == {"repeated": 4}
    assert ids(hear(session(), two, one)) == [(3, 1), (1, 1), (2, 1)]


def test_ids_of_two_coins_are_not_mixed_up() -> None:
    assert ids(hear(session(), trades(trade(1), trade(1, coin="ETH")))) == [(1, 1), (1, 1)]


def test_a_new_stream_repeats_and_nothing_counts_twice() -> None:
    made = session()
    hear(made, trades(trade(1), trade(2)))
    made.lose(START + MS, 2, "reconnect")
    later = trade(3, START_MS + 1)
    missed = trade(9, OLD_MS - 5)  # while nobody listened; known too late to be flow
    items = hear(made, trades(missed, trade(1), trade(2), later), line=3)
    assert ids(items) == [(9, 0), (3, 1)]
    assert made.counts == {"repeated": 2, "assumed:old_fill_s": 1}


def test_repeats_beyond_the_memory_are_told_by_their_time() -> None:
    made = session()
    many = [trade(k, START_MS + k) for k in range(REMEMBERED + 50)]
    assert len(ids(hear(made, trades(*many)))) == REMEMBERED + 50
    made.lose(START + MS, 2, "reconnect")
    again = [*many, trade(9999, START_MS + REMEMBERED + 50)]
    assert ids(hear(made, trades(*again), line=3)) == [(9999, 1)]
    assert made.counts == {"repeated": REMEMBERED + 50}


def test_a_restart_keeps_what_was_seen_and_which_coins_have_begun() -> None:
    made, again = session(), session()
    hear(made, trades(trade(1)), user_fills(fill(7)))
    again.restore(made.snapshot())
    items = hear(again, trades(trade(1), trade(2, OLD_MS - 1)), user_fills(fill(7)))
    assert (ids(items), again.counts) == ([(2, 1)], {"repeated": 2})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"px": "0"}, Reason.bad_price),
        ({"px": "-1"}, Reason.bad_price),
        ({"px": "1e30"}, Reason.bad_price),
        ({"px": "NaN"}, Reason.bad_price),
        ({"sz": "-2"}, Reason.bad_size),
        ({"sz": "1e30"}, Reason.bad_size),
        ({"sz": "Infinity"}, Reason.bad_size),
        ({"sz": 2}, Reason.wrong_type),
        ({"tid": -1}, Reason.bad_id),
        ({"tid": 1 << 62}, Reason.bad_id),
        ({"tid": "5"}, Reason.wrong_type),
        ({"time": -1}, Reason.bad_time),
        ({"side": "C"}, Reason.wrong_type),
        ({"hash": None}, Reason.wrong_type),
        ({"coin": None}, Reason.wrong_type),
    ],
)
def test_a_refused_frame_is_not_remembered(bad: Any, reason: Reason) -> None:
    made = session()
    refused = trades(trade(1), trade(2) | bad)
    items = hear(made, refused, trades(trade(1, OLD_MS - 1)))
    rejected = [item for item in others(items) if isinstance(item, Rejected)]
    assert [(item.reason, item.line, item.frame) for item in rejected] == [
        (reason, 1, refused[:500])
    ]
    assert ids(items) == [(1, 0)]  # new, and still the first frame of its coin
    assert made.counts == {"assumed:old_fill_s": 1}


# -- forced orders -------------------------------------------------------------------------------


def forced_rows(*fills: tuple[int, int]) -> Any:
    """Rows of (line, side of the position), all 3 coins at 90."""
    lines, sides = zip(*fills, strict=True)
    count = len(lines)
    return rows("BTC", "liquidation", lines, venue_ns=(START,) * count, px=(90.0,) * count,
                size_base=(3.0,) * count, position_side=sides, thinned=(1,) * count)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "side"),
    [
        ({}, 1),  # the account itself was sold out: a long
        ({"side": "B"}, -1),
        ({"liquidation": {"liquidatedUser": USER.upper().replace("X", "x"), "method": "x"}}, 1),
        ({"liquidation": {"liquidatedUser": OTHER, "method": "market"}}, -1),  # it was the maker
        ({"side": "B", "liquidation": {"liquidatedUser": OTHER, "method": "backstop"}}, 1),
    ],
)
def test_the_forced_order_is_on_the_side_of_the_liquidated_account(changes: Any, side: int) -> None:
    items, counts = say(user_fills(fill(1, **changes)))
    assert (items, counts) == ([seen("BTC", 1), forced_rows((1, side))], {})


MARKET, BACKSTOP = (
    {"liquidatedUser": OTHER, "method": method} for method in ("market", "backstop")
)


@pytest.mark.parametrize(
    ("changes", "side", "by"),
    [
        ({"crossed": True, "liquidation": MARKET}, 1, ""),
        ({"crossed": False, "liquidation": MARKET}, -1, ""),
        ({"dir": "Liquidated Cross Long", "liquidation": BACKSTOP}, 1, "liquidated_words"),
        (
            {"dir": "Liquidated Isolated Short", "side": "B", "liquidation": BACKSTOP},
            -1,
            "liquidated_words",
        ),
        (
            {"dir": "Auto-Deleveraging", "side": "B", "liquidation": BACKSTOP},
            1,
            "deleveraged_words",
        ),
        ({"dir": "Close Long", "liquidation": BACKSTOP}, None, ""),
        ({"crossed": None, "liquidation": MARKET}, None, ""),
    ],
)
def test_where_the_channel_names_no_account(changes: Any, side: int | None, by: str) -> None:
    items, counts = say(frame("user", {"fills": [fill(1, **changes)]}))
    if side is None:
        assert (items, counts) == ([], {"unknown_side": 1})
    else:
        expected = {f"assumed:{by}": 1} if by else {}
        assert (items, counts) == ([seen("BTC", 1), forced_rows((1, side))], expected)


def test_a_forced_order_counts_once_however_many_of_its_accounts_are_watched() -> None:
    own, maker = fill(5), fill(5, side="B", crossed=False)
    items, counts = say(user_fills(own), user_fills(maker, user=OTHER), user_fills(fill(6)))
    assert (items[1:], counts) == ([forced_rows((1, 1), (3, 1))], {"repeated": 1})
    # A public trade of the same id is another thing.
    mixed = hear(session(), user_fills(own), trades(trade(5)))
    assert [chunk.kind for chunk in mixed[1:]] == ["liquidation", "trade"]


def test_what_else_an_account_hears_is_counted() -> None:
    plain = {key: value for key, value in fill(1).items() if key != "liquidation"}
    made = session()
    frames = [
        user_fills(fill(8), fill(9), isSnapshot=True),
        user_fills(fill(8), plain, isSnapshot=False),
        frame("user", {"fills": [plain, plain]}),
        frame("user", {"funding": {"coin": "BTC", "usdc": "-1"}}),
        frame("user", {"liquidation": {"lid": 3, "liquidated_ntl_pos": "9"}}),
    ]
    items = hear(made, *frames)
    assert [shown(item) for item in items] == [seen("BTC", 2), forced_rows((2, 1))]
    assert made.counts == {"history": 2, "fill": 3, "event": 2}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"px": "0"}, Reason.bad_price),
        ({"sz": "0"}, Reason.bad_size),
        ({"sz": "-1"}, Reason.bad_size),
        ({"time": -1}, Reason.bad_time),
        ({"tid": -1}, Reason.bad_id),
        ({"side": "buy"}, Reason.wrong_type),
        ({"liquidation": "market"}, Reason.wrong_type),
    ],
)
def test_a_refused_forced_order_is_not_remembered(bad: Any, reason: Reason) -> None:
    made = session()
    rejected, *rest = hear(made, user_fills(fill(1), fill(2) | bad), user_fills(fill(1)))
    assert (rejected.reason, rejected.line) == (reason, 1)
    assert [shown(item) for item in rest] == [seen("BTC", 2), forced_rows((2, 1))]
    assert made.counts == {}
