"""The reader over whole conversations: order, names, wishes, refusals, a restart in the middle."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.control import Reason, Rejected, Wish
from sources.pyth_listing import URL
from tests.reference import pyth_binary as slow
from tests.sources.pyth_frames import (
    BTC,
    ETH,
    IDS,
    NOW_NS,
    NOW_S,
    SOL,
    answer,
    at,
    event,
    feed,
    listing_answer,
    made,
    metadata,
    rows,
    seen,
    talked,
    update,
)
from tests.sources.talk import hear, others, said_wherever_cut, text, wire

S = 1_000_000_000
LATEST = "@https://hermes.pyth.network/v2/updates/price/latest?ids[]=x "
SYMBOLS = ("Crypto.BTC/USD", "Crypto.ETH/USD", "Crypto.SOL/USD")
TALK = [
    answer(),
    update(150_000_000),
    update(151_000_000, slot=2),
    update(151_000_000, slot=2),
    update(149_000_000, NOW_S - 5, 3),
    update(3_000_000_000, symbol="Crypto.ETH/USD"),
    update(20_000_000_000, symbol="Crypto.SOL/USD"),
    listing_answer("Crypto.SOL/USD", query="?query=Crypto.SOL/USD"),
    update(20_100_000_000, symbol="Crypto.SOL/USD"),
    ":keep-alive",
    event(feed(152_000_000, NOW_S + 3, 9), feed(3_100_000_000, symbol="Crypto.ETH/USD", slot=2)),
    "event:error",
    "data:Error receiving update: lagged",
    answer("error", error="Rate limit exceeded"),
    wire({"type": "news"}),
    update(0, 0),
    LATEST + event(feed(153_000_000, NOW_S + 3, 10))[5:],
]
TALK_ROWS = {
    (BTC, "oracle"): [
        (at(2), 2, NOW_NS, 1.5, 0.5, 2.0, 1),
        (at(3), 3, NOW_NS, 1.51, 0.5, 2.0, 2),
        (at(11), 11, NOW_NS + 3 * S, 1.52, 0.5, 2.0, 9),
        (at(17), 17, NOW_NS + 3 * S, 1.53, 0.5, 2.0, 10),
    ],
    (ETH, "oracle"): [
        (at(6), 6, NOW_NS, 30.0, 0.5, 2.0, 1),
        (at(11), 11, NOW_NS, 31.0, 0.5, 2.0, 2),
    ],
    (SOL, "oracle"): [(at(9), 9, NOW_NS, 201.0, 0.5, 2.0, 1)],
}
SOL_WISH = Wish(SOL, f"{URL}?query=Crypto.SOL/USD", Reason.no_metadata)
TALK_OTHERS = [
    SOL_WISH,
    seen("Crypto.SOL/USD", None, 8, listed=True, source="listing"),
]
TALK_COUNTS = {
    "control": 1, "repeated": 1, "old": 1, "keep_alive": 1, "error": 2, "unknown:news": 1,
    "never_published": 1, "missed": 1, "unlisted": 1,
}  # fmt: skip


def refusals(items: Any) -> list[tuple[int, str, str]]:
    return [(i.line, i.reason, i.detail) for i in items if isinstance(i, Rejected)]


def without_refusals(items: Any) -> list[Any]:
    return [item for item in others(items) if not isinstance(item, Rejected)]


def test_a_whole_conversation() -> None:
    session = made(*SYMBOLS)
    items = hear(session, text(*TALK))
    assert (without_refusals(items), rows(items)) == (TALK_OTHERS, TALK_ROWS)
    assert refusals(items) == [
        (7, "no_metadata", f"feed {IDS['Crypto.SOL/USD']} is in no listing of ours")
    ]
    assert +session.counts == TALK_COUNTS


def test_wherever_it_is_cut_a_restart_changes_nothing() -> None:
    lines = [text(payload, start=at(k + 1)) for k, payload in enumerate(TALK)]
    whole = said_wherever_cut(lambda: made(*SYMBOLS), lines)
    assert [item for item in whole if item in TALK_OTHERS] == TALK_OTHERS


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_batches_do_not_matter(size: int) -> None:
    session, items = made(*SYMBOLS), []
    for begin in range(0, len(TALK), size):
        part = TALK[begin : begin + size]
        items += hear(session, text(*part, start=at(begin + 1)), begin + 1)
    assert (without_refusals(items), rows(items)) == (TALK_OTHERS, TALK_ROWS)
    assert +session.counts == TALK_COUNTS


def test_the_readers_state_is_plain() -> None:
    session = made(*SYMBOLS)
    hear(session, text(*TALK))
    state = session.reader.snapshot()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state)) == state
    assert state["last"][IDS["Crypto.SOL/USD"]] == {
        "publish_ns": NOW_NS, "slot": 1, "px": 201.0, "conf": 0.5, "ema_px": 2.0,
    }  # fmt: skip


# -- order -----------------------------------------------------------------------------------


def prices(items: Any) -> list[float]:
    return [row[3] for row in rows(items).get((BTC, "oracle"), [])]


def test_a_missing_frame_is_counted_and_nothing_is_lost() -> None:
    session = made()
    items = hear(session, text(update(1, NOW_S, 1), update(3, NOW_S + 2, 6, before_s=NOW_S + 1)))
    assert prices(items) == [1e-8, 3e-8]
    assert +session.counts == {"missed": 1}
    assert without_refusals(items) == [seen("Crypto.BTC/USD", 8)]


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_in_any_order_prices_never_go_back(order: list[int], again: list[int]) -> None:
    """Six prices, two a second: what is given is each that is newer than all before it."""
    session = made()
    order = [*order, *again]
    payloads = [update(k + 1, NOW_S + k // 2, k, before_s=NOW_S - 1) for k in order]
    newest = [k for n, k in enumerate(order) if k > max(order[:n], default=-1)]
    assert prices(hear(session, text(*payloads))) == [(k + 1) / 1e8 for k in newest]
    assert session.counts["old"] + session.counts["repeated"] == len(order) - len(newest)


def test_a_new_connection_that_is_behind_does_not_bring_old_prices_back() -> None:
    session = made()
    first = hear(session, text(update(5, NOW_S + 5)))
    assert session.lose(at(2), 2, "reconnect") == []
    later = hear(session, text(update(3, NOW_S + 3), update(6, NOW_S + 6), start=at(3)), 3)
    assert prices([*first, *later]) == [5e-8, 6e-8]


def test_a_feed_outside_its_hours_shows_its_age() -> None:
    session = made()
    hours = 9 * 3600
    same = [update(7, NOW_S - hours, slot, before_s=NOW_S - hours) for slot in (1, 2, 2)]
    found = rows(hear(session, text(*same)))[BTC, "oracle"]
    assert [(received - published) // S for received, _, published, *_ in found] == [hours] * 2
    assert +session.counts == {"repeated": 1}


def test_a_time_far_ahead_of_ours_does_not_silence_its_feed() -> None:
    session = made()
    far = [update(2, NOW_S + 62, 2), update(3, NOW_S + 9000, 3)]
    items = hear(session, text(update(1, NOW_S + 1), *far, update(4, NOW_S + 60, 4)))
    assert prices(items) == [1e-8, 2e-8, 3e-8, 4e-8]
    assert +session.counts == {"ahead": 2, "missed": 1}


# -- names -----------------------------------------------------------------------------------


def test_an_unknown_id_is_wished_for_once_and_again_when_the_answer_did_not_do() -> None:
    session = made("Crypto.SOL/USD", "Crypto.AAA/USD")
    sol = update(1, symbol="Crypto.SOL/USD")
    asked = [SOL_WISH.instrument, "pyth:Crypto.AAA/USD"]

    def wished(*payloads: str, line: int) -> list[str]:
        items = talked(session, *payloads, line=line)
        return [item.instrument for item in items if isinstance(item, Wish)]

    assert wished(sol, sol, line=1) == asked[::-1]
    assert wished(f"@{URL} []", sol, line=3) == asked[::-1]
    # Of two answers the first says nothing of the second.
    assert wished(f"@{URL}?query=Crypto.AAA/USD []", sol, line=5) == asked[1:]
    query = "?query=Crypto.AAA/USD"
    assert wished(listing_answer("Crypto.AAA/USD", query=query), sol, line=7) == []
    session.lose(at(9), 9, "reconnect")
    assert wished(sol, line=10) == asked[:1]
    assert wished(listing_answer("Crypto.SOL/USD"), sol, line=11) == []
    assert set(session.instruments()) == {*asked}


def test_without_a_symbol_of_ours_nothing_is_wished_for() -> None:
    session = made("Crypto.BTC/USD")
    items = talked(session, update(1, symbol="Crypto.SOL/USD"))
    assert [type(item) for item in items] == [Rejected]


def test_a_listing_in_the_stream_names_what_follows() -> None:
    session = made()
    items = talked(session, listing_answer("Crypto.SOL/USD"), update(5, symbol="Crypto.SOL/USD"))
    assert others(items)[0] == seen("Crypto.SOL/USD", 8, 2, source="listing")


def test_a_listed_feed_stays_as_it_was_listed() -> None:
    """A replay knows from the start what a run learns on the way: their rows must be the same."""
    session = made("Crypto.BTC/USD")
    assert others(hear(session, text(update(5)))) == []
    assert session.instruments() == {BTC: metadata("Crypto.BTC/USD")}


def test_of_an_event_what_is_not_listed_is_left_out() -> None:
    session = made()
    items = talked(session, event(feed(5), feed(6, symbol="Crypto.SOL/USD")))
    assert items[-1][0] == BTC
    assert +session.counts == {"unlisted": 1}


def test_of_an_event_what_cannot_be_used_is_refused_and_the_rest_counts() -> None:
    session = made()
    fine = feed(6, expo=-16, symbol="Crypto.ETH/USD")
    items = hear(session, text(event(feed("x"), feed(5), fine)))
    assert prices(items) == [5e-8]
    assert refusals(items) == [(1, "bad_price", "'x' is not a whole number")]
    assert list(rows(items)) == [(BTC, "oracle")]


# -- binary ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_an_event_without_parsed_prices_is_read_from_its_binary(encoding: str) -> None:
    price = {
        "id": IDS["Crypto.ETH/USD"], "price": 195656091864, "conf": 87908136, "expo": -8,
        "publish_s": NOW_S, "prev_publish_s": NOW_S, "ema_price": 196361740000, "ema_conf": 1,
    }  # fmt: skip
    data = slow.written([slow.price_message(price)], slot=304918931)
    as_text = data.hex() if encoding == "hex" else b64encode(data).decode()
    items = hear(made(), text(event(data=[as_text], encoding=encoding)))
    assert rows(items) == {
        (ETH, "oracle"): [(at(1), 1, NOW_NS, 1956.56091864, 0.87908136, 1963.6174, 304918931)]
    }


# -- refusals --------------------------------------------------------------------------------

GOOD = feed(1)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("nonsense", "not_json"),
        ("[]", "wrong_type"),
        ("data:", "missing_field"),
        ('{"type":"price_update"}', "missing_field"),
        (wire({"type": "price_update", "price_feed": {"id": GOOD["id"]}}), "missing_field"),
        (update("-1"), "bad_price"),
        (update("0"), "bad_price"),
        (update("1.5"), "bad_price"),
        (update("1" * 400), "bad_price"),
        (update(1, ema=-1), "bad_price"),
        (update(1, conf=-1), "bad_size"),
        (update(1, expo=-19), "bad_price"),
        (update(1, expo=-16), "price_scale"),
        (update(1, -1), "bad_time"),
        (update(1, 1 << 62), "bad_time"),
        (update(1, slot=1 << 62), "bad_id"),
        (update(1, feed_id="e62d"), "bad_id"),
        (update(1, feed_id="ff" * 32), "no_metadata"),
        (event(data=["504e"]), "wrong_type"),
        (event(data=["50x"]), "wrong_type"),
        (event(data=["%%"], encoding="base64"), "wrong_type"),
        (event(data=["00"], encoding="octal"), "wrong_type"),
        (event(data=5), "wrong_type"),
        (event(feed("x"), feed("x", symbol="Crypto.ETH/USD")), "bad_price"),
        (event(feed("x"), feed(2, symbol="Crypto.SOL/USD")), "bad_price"),
        ("@http://[ {}", "wrong_type"),
        ("@http://h/v2/price_feeds {}", "wrong_type"),
        (LATEST + "5", "wrong_type"),
    ],
)
def test_what_cannot_be_used_is_refused_whole_and_harms_nothing(payload: str, reason: str) -> None:
    session = made()
    items = hear(session, text(payload, update(7)))
    assert [(line, why) for line, why, _ in refusals(items)] == [(1, reason)]
    assert rows(items) == {(BTC, "oracle"): [(at(2), 2, NOW_NS, 7e-8, 0.5, 2.0, 1)]}
    assert without_refusals(items) == [seen("Crypto.BTC/USD", 8, 2)]


@pytest.mark.parametrize(
    ("payload", "counted"),
    [
        ("{}", "unknown:"),
        (wire({"type": "x" * 90}), "unknown:" + "x" * 40),
        ("id:7", "keep_alive"),
        ("retry:100", "keep_alive"),
        ("@http://h/other {}", "unknown answer:/other"),
        ('{"status":"error","error":"Rate limit exceeded"}', "error"),
        (event(), "wrong_type"),
        ("data:" + wire({"binary": {"data": []}}), "never_published"),
    ],
)
def test_what_is_not_used_is_counted(payload: str, counted: str) -> None:
    session = made()
    items = hear(session, text(payload))
    found = +session.counts or {why: 1 for _, why, _ in refusals(items)}
    assert found == {counted: 1}


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.sampled_from(TALK), st.data())
def test_no_bytes_raise(noise: bytes, frame: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(frame)))
    for line in (noise, frame[:cut].encode() + noise, frame.encode()[:cut]):
        hear(made("Crypto.SOL/USD"), text(line.replace(b"\n", b"") or b"x"))
