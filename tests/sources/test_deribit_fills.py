"""Fills: who took, who was forced, in base coin, each once."""

import json
from typing import Any

import pytest

from sources.deribit_fills import MOST_RECENT, Fills
from tests.shared import shared_file
from tests.sources.deribit_frames import (
    AT,
    LINEAR,
    OPTION,
    PERP,
    book,
    fill,
    fresh,
    rows,
    said,
    seen,
    trades,
    words,
)  # fmt: skip
from tests.sources.talk import MS, hear, text, wire

NS = AT * MS
LONG, SHORT = 1, -1


def traded(number: int, taker: int = 1, line: int = 1, symbol: str = PERP, **more: Any) -> Any:
    px, size = more.get("px", 50000.0), more.get("size", 0.4)
    return (symbol, "trade", line, NS, number, px, size, taker)


def forced(side: int, line: int = 1) -> Any:
    return (PERP, "liquidation", line, NS, 50000.0, 0.4, side, 0)


def test_fills_in_base_coin() -> None:
    frame = trades(
        fill(1), fill(2, direction="sell", price=40000, amount=10),
        fill(3, LINEAR, price=150.25, amount=2.5), fill(4, OPTION, price=0.0415, amount=25.0,
                                                        iv=61.27),
    )  # fmt: skip
    words, found = said(frame)
    assert words == [seen(PERP, 2), seen(LINEAR, 6), seen(OPTION, 4)]
    assert found == [
        traded(1), traded(2, -1, px=40000.0, size=0.00025),
        traded(3, symbol=LINEAR, px=150.25, size=2.5),
        traded(4, symbol=OPTION, px=0.0415, size=25.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "role", "sides"),
    [("sell", "T", [LONG]), ("buy", "T", [SHORT]), ("sell", "M", [SHORT]), ("buy", "M", [LONG]),
     ("sell", "MT", [LONG, SHORT]), ("buy", "MT", [SHORT, LONG])],
)  # fmt: skip
def test_who_was_forced(direction: str, role: str, sides: list[int]) -> None:
    session = fresh()
    _, found = said(trades(fill(1, direction=direction, liquidation=role)), session=session)
    taker = 1 if direction == "buy" else -1
    assert found == [traded(1, taker), *(forced(side) for side in sides)]
    decided = {"assumed:forced_maker_opposes": 1} if "M" in role else {}
    assert dict(session.counts) == {"liquidation_flag": 1, **decided}


def test_no_forced_order_and_one_of_an_unknown_role() -> None:
    session = fresh()
    frame = trades(fill(1, liquidation=None), fill(2, liquidation="none"))
    assert said(frame, session=session)[1] == [traded(1), traded(2)]
    assert dict(session.counts) == {"unknown:liquidation:none": 1}


def test_the_shared_liquidations() -> None:
    shared = json.loads(shared_file("frames/deribit/trades_liquidation.json").read_bytes())
    items = hear(fresh(), text(*(wire(frame) for frame in shared["frames"])))
    assert words(items) == [seen(PERP, 2)]
    first, second = 1584058044032 * MS, 1584058067675 * MS
    t_size, m_size = 1120 / 4469.5, 2500 / 4458.5
    assert rows(items) == [
        (PERP, "trade", 1, first, 40781986, 4469.5, t_size, -1),
        (PERP, "liquidation", 1, first, 4469.5, t_size, LONG, 0),
        (PERP, "trade", 2, second, 40782080, 4458.5, m_size, 1),
        (PERP, "liquidation", 2, second, 4458.5, m_size, LONG, 0),
    ]


@pytest.mark.parametrize(
    "apart",
    [{"block_trade_id": "BLOCK-1"}, {"block_rfq_id": 7}, {"combo_id": "BTC-FS-26JUN26_PERP"},
     {"combo_trade_id": "9"}, {"block_trade_id": "B", "combo_trade_id": 9}],
)  # fmt: skip
def test_block_trades_and_legs_of_combos_are_no_flow(apart: dict[str, Any]) -> None:
    assert said(trades(fill(1, **apart)))[1] == [traded(1, 0)]


def test_combos_are_left_out() -> None:
    session = fresh()
    legs = [fill(5, "BTC-26JUN26")]
    frame = trades(fill(1, "BTC-FS-26JUN26_PERP"), fill(2, legs=legs), fill(3, legs=[]))
    assert said(frame, session=session) == ([seen(PERP, 2)], [traded(3)])
    assert dict(session.counts) == {"combo": 2}


def test_a_fill_that_came_before_is_left_out_on_whatever_channel() -> None:
    session = fresh()
    found = said(
        trades(fill(1), fill(2)), trades(fill(2), fill(3), channel=f"trades.{PERP}.raw"),
        trades(fill(5), fill(5), fill(4)), trades(fill(4), fill(2, LINEAR, amount=0.4)),
        session=session,
    )[1]  # fmt: skip
    assert found == [
        traded(1), traded(2), traded(3, line=2), traded(5, line=3), traded(4, line=3),
        traded(2, line=4, symbol=LINEAR),
    ]  # fmt: skip
    assert dict(session.counts) == {"trade_again": 3}


def test_fills_stay_known_over_a_loss_and_a_restart() -> None:
    first, second = fresh(), fresh()
    said(trades(fill(1), fill(2, LINEAR)), session=first)
    first.lose(0, 1, "reconnect")
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    again = trades(fill(1), fill(2, LINEAR, amount=0.4), fill(3))
    assert said(again, session=second)[1] == [traded(3)]
    assert dict(second.counts) == {"trade_again": 2}


def test_only_the_most_recent_fills_are_remembered() -> None:
    session = fresh()
    said(trades(*map(fill, range(MOST_RECENT))), trades(fill(MOST_RECENT)), session=session)
    again = trades(fill(1), fill(0), fill(MOST_RECENT))
    assert said(again, session=session)[1] == [traded(0)]
    fills = Fills(forced_maker_opposes=True)
    fills.restore([["A", 1], ["B", 1]])
    assert fills.snapshot() == [("A", 1), ("B", 1)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": 0}, "bad_price"), ({"price": 1e30}, "bad_price"), ({"price": "1"}, "bad_price"),
        ({"price": "NaN"}, "bad_price"), ({"price": None}, "bad_price"),
        ({"amount": 0}, "bad_size"), ({"amount": -1}, "bad_size"), ({"amount": 1e30}, "bad_size"),
        ({"direction": "zero"}, "wrong_type"), ({"direction": None}, "wrong_type"),
        ({"timestamp": -1}, "bad_time"), ({"timestamp": 1.5}, "wrong_type"),
        ({"trade_seq": -1}, "bad_id"), ({"trade_seq": "9"}, "wrong_type"),
        ({"liquidation": 1}, "wrong_type"), ({"instrument_name": "BTC-SWAP"}, "no_metadata"),
    ],
)  # fmt: skip
def test_a_refused_frame_leaves_no_fill_and_forgets_none(change: Any, reason: str) -> None:
    session = fresh()
    bad = trades(fill(1), fill(2, **change))
    found = said(bad, trades(fill(1), fill(2)), session=session)
    assert [word for word in found[0] if word[0] == "rejected"] == [("rejected", 1, reason)]
    assert found[1] == [traded(1, line=2), traded(2, line=2)]
    assert dict(session.counts) == {}


def test_a_refused_fill_loses_no_book() -> None:
    frames = book(5, None, [["new", 50000, 5]]), trades(fill(1, price=0)), book(6, 5)
    words, found = said(*frames)
    assert words == [seen(PERP, 2), ("rejected", 2, "bad_price")]
    assert [row[2] for row in found] == [1, 3]
