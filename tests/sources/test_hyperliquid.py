"""The session as a whole: contexts, answers, what is counted, restarts, streams that start anew."""

import json
from typing import Any

import msgspec
import pytest

from schemas.account import AccountState
from schemas.control import Reason, Rejected
from sources.hyperliquid import Hyperliquid
from sources.in_band import Reader
from tests.shared import shared_file
from tests.sources.talk import MS, START, chunks, exact, others, shown, wire
from tests.sources.test_hyperliquid_frames import (
    INFO,
    USER,
    asset_context,
    bbo,
    book,
    context,
    fill,
    frame,
    hear,
    mark_rows,
    say,
    seen,
    session,
    trade,
    trades,
    user_fills,
)

TOKENS = ("USDC", 8), ("UETH", 2)
GREETING = "Websocket connection established."


def test_it_is_a_reader() -> None:
    reader: Reader = Hyperliquid()
    assert reader.venue == "hyperliquid"


@pytest.mark.parametrize(
    ("payload", "counted"),
    [
        (GREETING, "control"),
        (frame("subscriptionResponse", {"method": "subscribe"}), "control"),
        ('{"channel":"pong"}', "control"),
        (frame("error", "Invalid subscription"), "error"),
        (frame("candle", {"s": "BTC"}), "unknown:candle"),
        ('{"unheard":"of"}', "unknown:None"),
        ("@https://api.hyperliquid.xyz/info []", "unknown:"),
        (f"{INFO}userRole:{USER} []", "unknown:userRole"),
        ("@http://[ {}", "unknown:"),
    ],
)
def test_what_is_counted(payload: str, counted: str) -> None:
    assert say(payload) == ([], {counted: 1})


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("no json", Reason.not_json),
        ('{"channel":"trades","data":[', Reason.not_json),
        ("[]", Reason.wrong_type),
        ('{"channel":"trades"}', Reason.missing_field),
        (f"{INFO}meta {{", Reason.not_json),
        (f"{INFO}meta", Reason.missing_field),
        (f"{INFO}spotMeta []", Reason.wrong_type),
        (asset_context(markPx="0"), Reason.bad_price),
        (asset_context(oraclePx="-1"), Reason.bad_price),
        (asset_context(markPx="1e30"), Reason.bad_price),
        (asset_context(funding="NaN"), Reason.bad_number),
        (asset_context(openInterest="-1"), Reason.bad_size),
        (asset_context(openInterest="1e30"), Reason.bad_size),
        (asset_context(markPx=100), Reason.wrong_type),
    ],
)
def test_what_is_refused(payload: str, reason: Reason) -> None:
    items, counts = say(payload)
    shown_frame = payload[:500]
    assert [(type(i), i.reason, i.line, i.at_ns, i.stamp_ns, i.frame) for i in items] == [
        (Rejected, reason, 1, START, START, shown_frame)
    ]
    assert counts == {}


# -- contexts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        ({}, (100.0, 101.0, 0.00002, 1.0, 12.5)),
        ({"funding": "-0.04"}, (100.0, 101.0, -0.04, 1.0, 12.5)),
        ({"funding": "0.0", "openInterest": "0.0"}, (100.0, 101.0, 0.0, 1.0, 0.0)),
        ({"funding": None, "oraclePx": None}, (100.0, "NaN", "NaN", "NaN", 12.5)),
        ({"markPx": "", "openInterest": ""}, ("NaN", 101.0, 0.00002, 1.0, "NaN")),
    ],
)
def test_a_context(changes: Any, values: Any) -> None:
    assert say(asset_context(**changes)) == ([seen("BTC", 1), mark_rows("BTC", (1,), values)], {})


def test_a_spot_pair_has_a_mark_only() -> None:
    data = {"coin": "@107", "ctx": {"markPx": "37.5", "midPx": "37.4", "circulatingSupply": "9"}}
    expected = mark_rows("@107", (1,), (37.5, "NaN", "NaN", "NaN", "NaN"))
    assert say(frame("activeSpotAssetCtx", data)) == ([seen("@107", 1), expected], {})


def meta(*coins: str, dex: str = "", **contexts: Any) -> str:
    universe = [{"name": c.removeprefix("-"), "isDelisted": c[0] == "-"} for c in coins]
    body: Any = {"universe": universe}
    kind = "meta"
    if contexts:
        kind, body = "metaAndAssetCtxs", [body, contexts["ctxs"]]
    return f"{INFO}{kind}{':' + dex if dex else ''} {wire(body)}"


def all_contexts(*of: Any) -> str:
    return frame("allDexsAssetCtxs", {"ctxs": of})


def marks(items: list[Any]) -> dict[str, list[float]]:
    return {c.instrument[12:]: c.columns["mark"].tolist() for c in chunks(items, "mark")}


def test_contexts_of_all_dexes_go_by_position() -> None:
    made = session()
    main, builder = [context(markPx=px) for px in "123"], [context(markPx="9")]
    every = all_contexts(["", main], ["xyz", builder], ["new", builder])
    assert hear(made, every) == []
    items = hear(made, meta("A", "-B", "kC"), meta("A", dex="xyz"), every, line=2)
    assert marks(items) == {"A": [1.0], "kC": [3.0], "xyz:A": [9.0]}
    assert made.counts == {"no_universe": 5 + 1, "delisted": 1}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_contexts_that_are_not_of_this_universe_are_left_out(count: int) -> None:
    made = session()
    items = hear(made, meta("A", "B"), all_contexts(["", [context()] * count]))
    assert (items, +made.counts) == ([], {"no_universe": count} if count else {})


def test_a_bad_context_does_not_take_the_others_with_it() -> None:
    bad = context(oraclePx="0")
    items, counts = say(meta("A", "B", "C"), all_contexts(["", [context(), bad, context()]]))
    assert [item[0] for item in items if isinstance(item, tuple)] == [
        "hyperliquid:A", "hyperliquid:C",
    ]  # fmt: skip
    (rejected,) = [item for item in items if isinstance(item, Rejected)]
    at = "c", 2, START + MS, None, Reason.bad_price
    assert rejected == Rejected(*at, "B: price 0 is out of range", rejected.frame)
    assert json.loads(rejected.frame)["oraclePx"] == "0"
    assert counts == {}


def test_an_answer_with_contexts() -> None:
    made = session()
    items = hear(made, meta("A", "-B", ctxs=[context(), context()]))
    assert [shown(i) for i in items] == [
        seen("A", 1, source="listing"),
        mark_rows("A", (1,), (100.0, 101.0, 0.00002, 1.0, 12.5)),
    ]
    (rejected,) = hear(made, meta("A", ctxs=[]), line=2)
    assert rejected.reason is Reason.wrong_type


@pytest.mark.parametrize("kind", ["spotMeta", "spotMetaAndAssetCtxs"])
def test_a_spot_listing_is_learnt(kind: str) -> None:
    tokens = [{"name": n, "szDecimals": d, "index": k} for k, (n, d) in enumerate(TOKENS)]
    body: Any = {"universe": [{"name": "@5", "tokens": [1, 0]}], "tokens": tokens}
    if kind != "spotMeta":
        body = [body, [{"coin": "@5", "markPx": "1"}]]
    known, *_ = hear(session(), f"{INFO}{kind} {wire(body)}", trades(trade(1, coin="@5")))
    assert known == seen("@5", 2, 6, source="listing", asset="ETH", quote="USDC")


def test_the_recorded_contexts_of_412_perpetuals() -> None:
    raw = json.loads(shared_file("data/funding/hyperliquid_all_dexs_asset_ctxs.json").read_text())
    sizes = {dex: len(contexts) for dex, contexts in raw["data"]["ctxs"]}
    assert (len(sizes), sum(sizes.values())) == (9, 412)
    answers = [meta(*(f"C{k}" for k in range(n)), dex=dex) for dex, n in sizes.items()]
    made = session()
    items = hear(made, *answers, wire(raw))
    ours = {
        c.instrument: tuple(float(c.columns[n][0]) for n in ("mark", "index", "funding_rate",
                                                             "interval_h", "oi_base"))
        for c in chunks(items, "mark")
    }  # fmt: skip
    fields = "markPx", "oraclePx", "funding"
    theirs = {
        f"hyperliquid:{dex + ':' if dex else ''}C{k}": (
            *(float(one[field]) for field in fields), 1.0, float(one["openInterest"]),
        )
        for dex, contexts in raw["data"]["ctxs"]
        for k, one in enumerate(contexts)
    }  # fmt: skip
    assert ours == theirs
    assert made.counts == {}
    # Bitcoin's open interest is in coins and one-sided: some two billion dollars.
    mark, index, rate, _, oi = ours["hyperliquid:C0"]
    assert (mark, index, rate, oi) == (77562.0, 77605.0, -0.0000015186, 27353.17682)


# -- restarts and streams that start anew ----------------------------------------------------------

STATE = {"user": USER, "clearinghouseState": {"assetPositions": [], "withdrawable": "5"}}
ON_ALL = {"user": USER, "clearinghouseStates": [["", {"assetPositions": []}]]}
TALK = [
    GREETING,
    meta("BTC", "ETH"),
    trades(trade(1), trade(2, START // MS - 9_000)),
    book(10),
    book(12, bids=[("99.5", "1")]),
    bbo(12, ("100", "1"), None),
    book(11),
    trades(trade(2), trade(3)),
    all_contexts(["", [context(), context(markPx="7")]]),
    user_fills(fill(4)),
    user_fills(fill(4), fill(5)),
    frame("clearinghouseState", STATE),
    frame("allDexsClearinghouseState", ON_ALL),
    book(13, bids=[("0", "1")]),
    bbo(11, ("100", "1"), None),
    book(9),
    book(14),
    f"{INFO}clearinghouseState:{USER}:xyz {wire(STATE['clearinghouseState'])}",
    trades(trade(1), trade(6, coin="ETH")),
    asset_context("ETH"),
]


def by_line(made: Any, first: int, last: int) -> list[Any]:
    return [exact(i) for k in range(first, last) for i in hear(made, TALK[k], line=k + 1)]


def test_a_restart_between_any_two_lines_changes_nothing() -> None:
    undisturbed = session()
    expected = by_line(undisturbed, 0, len(TALK))
    assert {type(i).__name__ for i in expected} == {
        "tuple", "Seen", "Gap", "Wish", "Rejected", "AccountState",
    }  # fmt: skip
    for cut in range(len(TALK) + 1):
        before, after = session(), session()
        items = by_line(before, 0, cut)
        stored = before.snapshot()
        after.restore(stored)
        assert after.snapshot() == stored
        items += by_line(after, cut, len(TALK))
        assert items == expected
        assert before.counts + after.counts == +undisturbed.counts


def test_what_was_stored_does_not_change_with_the_session() -> None:
    made = session()
    by_line(made, 0, 9)
    own = made.reader.snapshot()
    stored = msgspec.msgpack.encode(own)
    by_line(made, 9, len(TALK))
    hear(made, meta("A", dex="new"), line=20)
    assert msgspec.msgpack.encode(own) == stored


def test_a_new_stream_knows_the_universe_and_the_fills_but_no_times() -> None:
    made = session()
    by_line(made, 0, 12)
    lost = made.lose(START + 20 * MS, 20, "reconnect")
    assert [(type(item).__name__, item.instrument) for item in lost] == [
        ("Gap", "hyperliquid:BTC"), ("Wish", "hyperliquid:BTC"),
    ]  # fmt: skip
    items = hear(
        made, book(1), bbo(1, None, ("9", "1")), trades(trade(3), trade(7)),
        all_contexts(["", [context(), context()]]), line=21,
    )  # fmt: skip
    assert others(items) == []
    kinds = [(item.instrument[12:], item.kind, len(item)) for item in items]
    assert kinds == [
        ("BTC", "book", 2), ("BTC", "top", 1), ("BTC", "trade", 1),
        ("BTC", "mark", 1), ("ETH", "mark", 1),
    ]  # fmt: skip


def test_a_book_that_failed_its_check_comes_back_with_its_next_frame() -> None:
    made = session()
    hear(made, book(10))
    gap, wish = made.wished("BTC", START + MS, 2)
    assert (gap.reason, wish.instrument, wish.url) == ("book_mismatch", "hyperliquid:BTC", "")
    assert [chunk.kind for chunk in hear(made, book(11), line=3)] == ["book"]
    assert made.counts == {}


def test_a_state_is_stamped_with_its_line() -> None:
    items = hear(session(), GREETING, frame("clearinghouseState", STATE))
    (state,) = items
    assert isinstance(state, AccountState)
    assert (state.connection, state.received_ns, state.line) == ("c", START + MS, 2)
