"""Frames made from a few numbers, for the other tests; and every shared frame, event by event."""

import json
from collections import Counter
from typing import Any

import pytest

from schemas.account import AccountPosition, AccountState
from schemas.control import Seen
from sources.hyperliquid import Hyperliquid
from sources.hyperliquid_listing import infer, meet
from sources.in_band import InBand
from tests.shared import shared_file
from tests.sources import talk
from tests.sources.talk import MS, START, as_is, shown, text, wire

START_MS = START // MS
HASH = "0x" + "a1" * 32
NO_HASH = "0x" + "0" * 64
USER, OTHER = "0x" + "Ab" * 20, "0x" + "cd" * 20
INFO = "@https://api.hyperliquid.xyz/info#"
FRAMES = "frames/hyperliquid"


def session() -> InBand:
    return InBand(Hyperliquid(), "c", as_is)


def hear(made: InBand, *payloads: str, line: int = 1, start: int = START) -> list[Any]:
    """What the session says to these payloads, 1 ms apart."""
    return talk.hear(made, text(*payloads, start=start + (line - 1) * MS), line)


def say(*payloads: str) -> tuple[list[Any], Counter[str]]:
    """What a fresh session says, chunks as plain values, and its counts."""
    made = session()
    return [shown(item) for item in hear(made, *payloads)], made.counts


def frame(channel: str, data: Any) -> str:
    return wire({"channel": channel, "data": data})


def level(px: str, sz: str) -> dict[str, Any]:
    return {"px": px, "sz": sz, "n": 1}


def book(
    time_ms: int = 7,
    bids: Any = (("100.0", "2"),),
    asks: Any = (("100.5", "3"),),
    coin: str = "BTC",
) -> str:
    sides = [[level(*one) for one in side] for side in (bids, asks)]
    return frame("l2Book", {"coin": coin, "time": time_ms, "levels": sides})


def bbo(time_ms: int = 7, *sides: Any, coin: str = "BTC") -> str:
    best = [side and level(*side) for side in sides]
    return frame("bbo", {"coin": coin, "time": time_ms, "bbo": best})


def trade(tid: int, time_ms: int = START_MS, **changes: Any) -> dict[str, Any]:
    fields = {"coin": "BTC", "side": "B", "px": "100.5", "sz": "2", "time": time_ms, "hash": HASH}
    return fields | {"tid": tid, "users": [USER, OTHER]} | changes


def trades(*fills: Any) -> str:
    return frame("trades", fills)


def context(**changes: Any) -> dict[str, Any]:
    fields = {"funding": "0.00002", "openInterest": "12.5", "oraclePx": "101", "markPx": "100"}
    return fields | {"premium": None, "midPx": None, "impactPxs": None} | changes


def asset_context(coin: str = "BTC", **changes: Any) -> str:
    return frame("activeAssetCtx", {"coin": coin, "ctx": context(**changes)})


def fill(tid: int, **changes: Any) -> dict[str, Any]:
    """A fill by which `USER`, the liquidated account, was sold out."""
    fields = {"coin": "BTC", "side": "A", "px": "90", "sz": "3", "time": START_MS, "tid": tid}
    forced = {"liquidatedUser": USER, "markPx": "91", "method": "market"}
    return fields | {"dir": "Close Long", "crossed": True, "liquidation": forced} | changes


def user_fills(*fills: Any, user: str = USER, **more: Any) -> str:
    return frame("userFills", {"user": user, "fills": fills} | more)


def seen(coin: str, line: int, decimals: int | None = None, **changes: Any) -> Seen:
    """First sight; the scale is the finest that the venue may quote."""
    scale = (8 if coin[0] == "@" or "/" in coin else 6) if decimals is None else decimals
    known = talk.replace(infer(coin), price_decimals=scale, **changes)
    return Seen(known, "c", START + (line - 1) * MS, line, listed=False)


def rows(coin: str, kind: str, lines: tuple[int, ...], **columns: Any) -> Any:
    """A chunk as plain values; line k came at START + k − 1 ms."""
    stamps = tuple(START + (line - 1) * MS for line in lines)
    return (f"hyperliquid:{coin}", kind, "c", stamps, lines, columns)


def mark_rows(coin: str, lines: tuple[int, ...], *values: Any) -> Any:
    """Rows of (mark, index, rate, interval, open interest)."""
    names = "mark", "index", "funding_rate", "interval_h", "oi_base"
    columns = dict(zip(names, zip(*values, strict=True), strict=True))
    zeros = (0,) * len(lines)
    return rows(coin, "mark", lines, venue_ns=zeros, next_funding_ns=zeros, **columns)


# -- the shared frames ---------------------------------------------------------------------------


def shared(name: str) -> list[str]:
    """The frames that the venue sends, as they stand on the wire."""
    found = json.loads(shared_file(f"{FRAMES}/{name}.json").read_text())["frames"]
    return [wire(one) for one in found if one.get("_dir") != "client"]


BOOK_MS = 1786539646983
STATE_USER = "0x" + "1".zfill(40)


def test_the_shared_book() -> None:
    ids = (BOOK_MS,) * 6
    expected = rows(
        "BTC",
        "book",
        (1,) * 6,
        venue_ns=(BOOK_MS * MS,) * 6,
        first_id=ids,
        last_id=ids,
        side=(1, 1, 1, -1, -1, -1),
        px_ticks=tuple(px * 10**6 for px in (64093, 64091, 64090, 64094, 64095, 64096)),
        size=(0.09932, 0.01016, 1.57495, 20.92904, 5.04365, 1.02905),
        is_snapshot=(2,) * 6,
    )
    assert say(*shared("l2Book")) == ([seen("BTC", 1), expected], {})


def test_the_shared_ticker() -> None:
    best = {"bid_px": (83757.0,), "bid_sz": (22.61305,), "ask_px": (83758.0,), "ask_sz": (0.00016,)}
    expected = rows("BTC", "top", (1,), venue_ns=(1790358617881 * MS,), id=(0,), **best)
    assert say(*shared("bbo")) == ([seen("BTC", 1), expected], {})


def test_the_shared_trade_was_bought_by_its_taker() -> None:
    # It is newer than our clock here, so it is no repeat.
    expected = rows("BTC", "trade", (1,), venue_ns=(1786539552700 * MS,), id=(604438142537043,),
                    px=(64097.0,), size_base=(0.00033,), taker=(1,))  # fmt: skip
    assert say(*shared("trades")) == ([seen("BTC", 1), expected], {})


def test_the_shared_context_is_for_one_hour() -> None:
    expected = mark_rows("BTC", (1,), (64040.0, 64063.1, 0.0000125, 1.0, 38485.06546))
    assert say(*shared("activeAssetCtx")) == ([seen("BTC", 1), expected], {})


def test_the_shared_contexts_need_the_universe_of_their_dex() -> None:
    frames = shared("allDexsAssetCtxs")
    assert say(*frames) == ([], {"no_universe": 5})
    coins = [{"name": name, "szDecimals": 0} for name in ("BTC", "ETH", "ATOM")]
    coins.append({"name": "MATIC", "szDecimals": 1, "isDelisted": True})
    items, counts = say(f"{INFO}meta {wire({'universe': coins})}", *frames)
    assert items[3:] == [
        mark_rows("BTC", (2,), (77562.0, 77605.0, -0.0000015186, 1.0, 27353.17682)),
        mark_rows("ETH", (2,), (2123.7, 2124.6, 0.0000125, 1.0, 605822.2557999999)),
        mark_rows("ATOM", (2,), (2.1315, 2.1345, 0.0000125, 1.0, 1485517.8400000001)),
    ]
    assert counts == {"delisted": 1, "no_universe": 1}


def test_the_shared_account() -> None:
    short = AccountPosition(
        "hyperliquid:ETH", -0.0335, 2986.3, 100.02765, -0.0134, 2866.26936529, 4.967826, 20.0,
        False, 50.0,
    )  # fmt: skip
    at = "c", START, 1, 1708622398623 * MS
    expected = AccountState(
        "hyperliquid", STATE_USER, "", *at, 13109.482328, 13104.514502, 152.05, 304.09, 12805.39,
        (short,),
    )  # fmt: skip
    assert say(*shared("clearinghouseState")) == ([expected], {})


def test_the_shared_partial_answer_leaves_unknown_what_it_does_not_say() -> None:
    (body,) = shared("clearinghouseState_rest_partial")
    at = "c", START, 1, 1_700_000_000_000 * MS
    expected = AccountState(
        "hyperliquid", USER.lower(), "xyz", *at, None, 1736.030875, None, None, 772.232111, ()
    )
    assert say(f"{INFO}clearinghouseState:{USER}:xyz {body}") == ([expected], {})


def test_the_shared_fill_of_a_counterparty_shows_a_short_that_was_liquidated() -> None:
    # The account sold as the maker, so the forced order bought: a short was closed.
    expected = rows("BTC", "liquidation", (1,), venue_ns=(1781528065899 * MS,), px=(66653.0,),
                    size_base=(0.001,), position_side=(-1,), thinned=(1,))  # fmt: skip
    assert say(*shared("userFills_liquidation")) == ([seen("BTC", 1), expected], {})


def test_the_shared_listing() -> None:
    (body,) = shared("meta_rest")
    made = session()
    assert hear(made, f"{INFO}meta {body}") == []
    listed = [made.known[coin] for coin in ("BTC", "ETH", "ATOM")]
    assert [i.price_decimals for i in listed] == [1, 2, 4]
    assert {(i.source, i.funding_interval_h, i.quote, i.kind) for i in listed} == {
        ("listing", 1.0, "USDC", "perpetual")
    }
    assert meet("BTC", made).price_decimals == 1


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("allMids", {"unknown:allMids": 1}),  # mids are no index
        ("subscribe_error_pong", {"control": 2, "error": 1}),
    ],
)
def test_shared_frames_that_say_nothing_for_us(name: str, counts: dict[str, int]) -> None:
    assert say(*shared(name)) == ([], counts)


def test_past_funding_is_nothing_of_now() -> None:
    body = f"[{','.join(shared('fundingHistory_rest'))}]"
    assert say(f"{INFO}fundingHistory:BTC {body}") == ([], {"unknown:fundingHistory": 1})


def test_every_shared_frame_is_tried_here() -> None:
    folder = shared_file(FRAMES)
    tried = (
        "activeAssetCtx allDexsAssetCtxs allMids bbo clearinghouseState fundingHistory_rest l2Book "
        "clearinghouseState_rest_partial meta_rest subscribe_error_pong trades "
        "userFills_liquidation"
    )
    assert {path.stem for path in folder.iterdir()} == set(tried.split())


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        (book(), "l2Book"),
        (bbo(7, ("1", "2"), ("2", "3")), "bbo"),
        (trades(trade(1)), "trades"),
    ],
)
def test_our_frames_have_the_fields_of_real_ones(ours: str, name: str) -> None:
    assert _fields(json.loads(ours)) == _fields(json.loads(shared(name)[0]))


def _fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _fields(one) for key, one in value.items()}
    if isinstance(value, list):
        return _fields(value[0]) if value else None
    return type(value).__name__
