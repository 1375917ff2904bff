"""Messages to Hermes, and what its answers confirm."""

import json

import pytest

from sources import pyth_subscribe as subscribe
from sources.pyth_subscribe import Accepted
from tests.shared import shared_file
from tests.sources.pyth_frames import IDS, answer, feed, update
from tests.sources.talk import wire

BTC = IDS["Crypto.BTC/USD"]


def test_a_subscription_is_as_the_venue_wants_it() -> None:
    path = shared_file("frames/pyth/hermes_ws.json")
    (known,) = [f for f in json.loads(path.read_text(encoding="utf-8"))["frames"] if f.get("_dir")]
    sent = json.loads(subscribe.subscription(BTC))
    assert {key: sent[key] for key in known if key != "_dir"} == {
        key: value for key, value in known.items() if key != "_dir"
    }
    assert sent["allow_out_of_order"] is sent["ignore_invalid_price_ids"] is False


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (answer(), Accepted([], [])),
        (answer("error", error="bad JSON"), Accepted([], [("", "bad JSON")])),
        (answer("error"), Accepted([], [("", "no reason given")])),
        ('{"status":"error","error":"Rate limit exceeded"}',
         Accepted([], [("", "Rate limit exceeded")])),
        (answer("error", error=f"Price feed(s) with id(s) [0x{'AB' * 32}, {BTC}] not found"),
         Accepted([], [(one, f"Price feed(s) with id(s) [0x{'AB' * 32}, {BTC}] not found")
                       for one in ("ab" * 32, BTC)])),
        (answer("other"), None),
        (update(1), None),
        ("{", None),
        ("[" * 5000, None),
        ("5", None),
        ('{"status":5}', None),
    ],
)  # fmt: skip
def test_answers(frame: str, expected: Accepted | None) -> None:
    assert subscribe.accepted(frame.encode()) == expected


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (update(1), BTC),
        (update(1, feed_id="0x" + BTC.upper()), BTC),
        (wire({"type": "price_update"}), None),
        (wire({"price_feed": feed(1)}), None),
        (update(1, feed_id="e62d"), None),
    ],
)
def test_whose_price_a_frame_is(frame: str, expected: str | None) -> None:
    assert subscribe.updated(frame.encode()) == expected


def test_the_end_of_a_connection() -> None:
    over = answer("error", error="Connection timeout reached (24h)")
    assert subscribe.leaving(over.encode())
    assert not subscribe.leaving(answer().encode())


def test_all_feeds_of_an_address_stay_within_its_bytes() -> None:
    longest = len(update(10**12, slot=10**9, conf=10**12, ema=10**12))
    assert longest <= subscribe.UPDATE_BYTES
    sent = subscribe.MOST_FEEDS * subscribe.UPDATE_BYTES * subscribe.SLOTS_PER_S
    assert sent <= subscribe.BYTES_PER_S
    assert subscribe.MOST_FEEDS > 100
