"""What is sent to Hermes, and how its answers are read. Pure: no socket here.

Limits: 256 KiB a second and address, beyond which it cuts; messages of 1 MiB; a connection lives
24 h; a reader that is 10 s late is dropped. It pings every 30 s and sends each feed once a slot.
Each feed has a message of its own, because one unknown id refuses its whole message, and because
an answer says neither which message it is about nor which feeds.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from sources.pyth_price import feed_id
from sources.wire_numbers import Refused

URL: Final = "wss://hermes.pyth.network/ws"
LIFETIME_S: Final = 24 * 3600.0
BYTES_PER_S: Final = 256 * 1024  # per address
UPDATE_BYTES: Final = 460  # of one feed; the longest of those seen was 440
SLOTS_PER_S: Final = 2.5
MOST_FEEDS: Final = int(BYTES_PER_S / (UPDATE_BYTES * SLOTS_PER_S) * 0.9)  # per address

_UPDATE: Final = b'"price_update"'
_ID = re.compile(rb'"id"\s*:\s*"(?:0[xX])?([0-9a-fA-F]{64})"')
_IDS = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_OVER: Final = b"Connection timeout reached"


class Accepted(Struct, frozen=True):
    """What an answer says; topics are ids, "" when it names none. Success names none ever."""

    confirmed: list[str]
    refused: list[tuple[str, str]]


class _Answer(Struct):
    status: str = ""
    error: str | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


def subscription(feed: str) -> bytes:
    """The message that subscribes to one feed, by id; `verbose` brings slots."""
    return msgspec.json.encode(
        {
            "type": "subscribe", "ids": [feed], "verbose": True, "binary": False,
            "allow_out_of_order": False, "ignore_invalid_price_ids": False,
        }
    )  # fmt: skip


def accepted(frame: bytes) -> Accepted | None:
    """What an answer confirms or refuses; None for any other frame."""
    try:
        found = _ANSWER.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # the session rejects it
    if found.status == "success":
        return Accepted([], [])
    if found.status != "error":
        return None
    why = found.error or "no reason given"
    named: Sequence[str] = [one.lower() for one in _IDS.findall(why)]
    return Accepted([], [(one, why) for one in dict.fromkeys(named)] or [("", why)])


def updated(frame: bytes) -> str | None:
    """The id of the feed whose price a frame is; None for any other frame."""
    if _UPDATE not in frame:
        return None
    found = _ID.search(frame)
    try:
        return None if found is None else feed_id(found[1].decode())
    except Refused:
        return None


def leaving(frame: bytes) -> bool:
    """Whether the venue says that a connection has reached its age."""
    return _OVER in frame and _UPDATE not in frame
