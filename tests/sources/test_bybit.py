"""Where each frame goes: sample frames with their meaning, what is counted, refused, doubled."""

import json
from typing import Any

import pytest

from schemas.chunk import Chunk
from schemas.control import Rejected
from schemas.instrument import Instrument
from sources.bybit import REMEMBERED_FRAMES
from tests.shared import shared_file
from tests.sources.bybit_frames import (
    book,
    fill,
    fills,
    gap,
    gone,
    liquidations,
    one,
    rejected,
    sample,
    say,
    seen,
    session,
    ticker,
    whole,
    wish,
)
from tests.sources.talk import MS, shown, wire

NAN = "NaN"


def ids(*numbers: int) -> tuple[int, ...]:
    """The numbers of fills that `fill` makes."""
    return tuple((number << 28) + 0x0000400 for number in numbers)


def bought(lines: Any, *numbers: int) -> Any:
    return one("trade", lines, venue_ns=3 * MS, id=ids(*numbers), px=100.5, size_base=2.0, taker=1)


def long_gone(*lines: int) -> Any:
    return one("liquidation", lines, venue_ns=3 * MS, px=90.5, size_base=2.0, position_side=1,
               thinned=0)  # fmt: skip


# -- sample frames ---------------------------------------------------------------------------

SAMPLES: dict[str, tuple[list[Any], dict[str, int]]] = {
    "allLiquidation": ([seen(None), one(
        "liquidation", (1, 1), venue_ns=(1791565600992 * MS, 1791565601058 * MS),
        px=(82396.90, 82394.30), size_base=(0.006, 0.038), position_side=1, thinned=0)], {}),
    "orderbook_1": ([seen(None), one(
        "top", (1,), venue_ns=1786613159748 * MS, id=0, bid_px=63705.3, bid_sz=2.045546,
        ask_px=63705.4, ask_sz=2.334566)], {}),
    "orderbook_50": ([seen(2), gap(2), wish(), one(
        "book", (1,) * 4, venue_ns=1672304484976 * MS, first_id=18521288, last_id=18521288,
        side=(1, 1, -1, -1), px_ticks=(1649350, 1649300, 1661100, 1661200),
        size=(0.006, 0.1, 0.029, 0.213), is_snapshot=1)],
        {"book_break": 1, "assumed:break_is_gap": 1}),
    "pong": ([], {"control": 2}),
    "publicTrade": ([seen(None), one(
        "trade", (1,), venue_ns=1672304486865 * MS, id=0x20f43950d8dd5b3, px=16578.5,
        size_base=0.001, taker=1)], {}),
    "subscribe_ack": ([], {"control": 1}),
    "subscribe_error": ([], {"error": 1}),
    "tickers_linear": ([seen(None), one(
        "mark", (1, 2), venue_ns=(1786540397684 * MS, 1786540397983 * MS), mark=(63958.60, NAN),
        index=(63986.67, 63986.66), funding_rate=(0.0000544, NAN), interval_h=(8.0, NAN),
        next_funding_ns=(1786550400000 * MS, 0), oi_base=(28899.069, NAN))], {}),
    "tickers_option": ([], {"unknown:tickers of another product": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_frames(name: str) -> None:
    expected, counts = SAMPLES[name]
    made = session()
    assert [shown(item) for item in say(made, *sample(name))] == expected
    assert +made.counts == counts


def test_every_sample_has_its_meaning_here() -> None:
    folder = shared_file("frames/bybit")
    assert sorted(SAMPLES) == sorted(path.stem for path in folder.glob("*.json"))


def test_live_liquidations_of_2026_10() -> None:
    path = shared_file("data/liquidations/liquidation_frames_2026-10.jsonl")
    frames = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    raw = [frame["raw"] for frame in frames if frame["venue"] == "bybit"]
    made = session()
    items = say(made, *raw)
    gone_by: dict[str, list[Any]] = {}
    for chunk in items:
        if isinstance(chunk, Chunk) and chunk.kind == "liquidation":
            columns = (chunk.columns[n].tolist() for n in ("px", "size_base", "position_side",
                                                           "thinned"))  # fmt: skip
            gone_by[chunk.instrument] = list(zip(*columns, strict=True))
    assert gone_by == {
        "bybit-linear:BTCUSDT": [(82396.9, 0.006, 1, 0), (82394.3, 0.038, 1, 0)],
        "bybit-linear:STRKUSDT": [(0.05165, 2084.9, 1, 0)],
    }
    assert (rejected(items), [key for key in +made.counts if key.startswith("unknown")]) == ([], [])


# -- kinds -----------------------------------------------------------------------------------


def test_each_kind_of_frame_gives_its_rows() -> None:
    best = book(3, [("100.0", "1")], [], kind="snapshot", depth=1)
    frames = (
        ticker(markPrice="100.5"),
        whole(7),
        fills(fill(1)),
        liquidations(gone()),
        best,
        book(8),
    )
    assert [shown(item) for item in say(session(), *frames)] == [
        seen(None),
        seen(1, 2),
        one("mark", (1,), venue_ns=6 * MS, mark=100.5, index=NAN, funding_rate=NAN,
            interval_h=NAN, next_funding_ns=0, oi_base=NAN),
        one("book", (2, 2, 2, 6), venue_ns=5 * MS, first_id=(7, 7, 7, 8), last_id=(7, 7, 7, 8),
            side=(1, 1, -1, 1), px_ticks=(1000, 995, 1010, 1000), size=(1.0, 2.0, 3.0, 1.0),
            is_snapshot=(1, 1, 1, 0)),
        bought((3,), 1),
        long_gone(4),
        one("top", (5,), venue_ns=5 * MS, id=0, bid_px=100.0, bid_sz=1.0, ask_px=NAN, ask_sz=NAN),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "counted"),
    [
        (wire({"success": True, "ret_msg": "", "op": "subscribe", "req_id": ""}), "control"),
        (wire({"success": True, "ret_msg": "pong", "op": "ping"}), "control"),
        (wire({"args": ["1"], "op": "pong"}), "control"),
        (wire({"success": True, "type": "COMMAND_RESP", "data": {}}), "control"),
        (wire({"success": False, "ret_msg": "Params Error", "op": "subscribe"}), "error"),
        (wire({"type": "news", "topic": None}), "unknown:news"),
        (wire({"type": 5}), "unknown:5"),
        ("{}", "unknown:"),
        (wire({"topic": "kline.1.BTCUSDT", "type": 1, "data": 7}), "unknown:kline"),
        (wire({"topic": "liquidation.BTCUSDT", "data": {}}), "unknown:liquidation"),
        (wire({"topic": "z" * 99}), "unknown:" + "z" * 40),
        (book(1, depth="full"), "unknown:orderbook.full"),
        (book(1, depth="rpi"), "unknown:orderbook.rpi"),
        (book(1, depth="25"), "unknown:orderbook.25"),
        (wire({"topic": "orderbook"}), "unknown:orderbook."),
        (book(1, depth=1), "unknown:orderbook.1 delta"),
        (book(1, symbol="BTCUSD"), "unknown:orderbook of another product"),
        (fills(symbol="BTC"), "unknown:publicTrade of another product"),
        (ticker(symbol="BTC-6JAN23-17500-C"), "unknown:tickers of another product"),
        (liquidations(symbol="BTCUSDZ25"), "unknown:allLiquidation of another product"),
        (ticker(bid1Price="1"), "ticker without a mark"),
        (fills(), "empty"),
        (liquidations(), "empty"),
    ],
)
def test_what_is_counted(frame: str, counted: str) -> None:
    made = session()
    assert say(made, frame) == []
    assert +made.counts == {counted: 1}


def test_an_instrument_that_settings_list_is_read_whatever_its_name() -> None:
    made = session()
    odd = Instrument(name="bybit-linear:ODD", asset="ODD", quote="USDE", kind="perpetual",
                     price_decimals=1, source="settings")  # fmt: skip
    made.list_instruments([odd])
    items = say(made, fills(fill(1, s="ODD"), symbol="ODD"))
    assert [(item.instrument, item.kind) for item in items] == [("bybit-linear:ODD", "trade")]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (fills(fill(1))[:70], "not_json"),
        (wire({"topic": 7}), "wrong_type"),
        ("[]", "wrong_type"),
        (fills(fill(1), fill(2, p="0")), "bad_price"),
        (liquidations(gone(), gone(v="-1")), "bad_size"),
        (ticker(markPrice="1e30", indexPrice="100.5"), "bad_price"),
        (ticker(markPrice="NaN"), "bad_price"),
        (ticker(fundingRate="NaN"), "bad_number"),
        (book(3, [("x", "1")], [], kind="snapshot", depth=1), "bad_price"),
    ],
)
def test_a_refused_frame_leaves_no_row_and_the_next_ones_count(bad: str, reason: str) -> None:
    items = say(session(), whole(7), bad, book(8), fills(fill(3)))
    assert rejected(items) == [(2, reason)]
    assert [shown(item) for item in items if not isinstance(item, Rejected)] == [
        seen(1),
        one("book", (1, 1, 1, 3), venue_ns=5 * MS, first_id=(7, 7, 7, 8), last_id=(7, 7, 7, 8),
            side=(1, 1, -1, 1), px_ticks=(1000, 995, 1010, 1000), size=(1.0, 2.0, 3.0, 1.0),
            is_snapshot=(1, 1, 1, 0)),
        bought((4,), 3),
    ]  # fmt: skip


# -- repeats ---------------------------------------------------------------------------------


def test_a_doubled_frame_of_fills_or_liquidations_counts_once() -> None:
    made = session()
    first, second = fills(fill(1), fill(2)), fills(fill(3))
    lost, later = liquidations(gone()), liquidations(gone(), ts=5)
    frames = first, second, first, second, lost, later, lost
    assert [shown(item) for item in say(made, *frames)] == [
        seen(None),
        bought((1, 1, 2), 1, 2, 3),
        long_gone(5, 6),
    ]
    assert +made.counts == {"duplicate": 3}


def test_the_memory_of_frames_is_bounded() -> None:
    made = session()
    more = [fills(fill(number)) for number in range(REMEMBERED_FRAMES + 1)]
    say(made, *more)
    (kept,) = made.reader.snapshot()[1].values()
    assert len(kept) == REMEMBERED_FRAMES
    (again,) = say(made, more[1], more[0], first_line=100)
    assert shown(again) == bought((101,), 0)


def test_a_refused_frame_is_not_remembered() -> None:
    made = session()
    bad = fills(fill(1), fill(2, p="0"))
    assert rejected(say(made, bad, bad)) == [(1, "bad_price"), (2, "bad_price")]
    assert made.reader.snapshot() == [{}, {}]
