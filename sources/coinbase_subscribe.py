"""What is sent to Coinbase Advanced, and how its answers are read. Pure: no socket here.

Limits: the first subscription within 5 s of connecting, one channel per message; 8 connections
and 8 messages a second per address (the documents say 8 or 750 connections: the smaller counts);
a channel idle for 60 to 90 s is closed, so the venue's `heartbeats` (one a second) are always
subscribed and nothing else needs to be sent. The number of products per message is not stated.
A `*-USDC` product gives the data of its `*-USD` twin under that twin's name: both together give
every frame twice, which changes no book, and its trades are recognised by their id.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from schemas.errors import UsageError

URL: Final = "wss://advanced-trade-ws.coinbase.com"
FIRST_MESSAGE_WITHIN_S: Final = 5.0
CONNECTIONS_PER_MINUTE: Final = 8 * 60  # per address, as 8 a second
MESSAGES_PER_S: Final = 8  # per address
PRODUCTS_PER_MESSAGE: Final = 50  # ours: the venue states none
TOPICS_PER_CONNECTION: Final = None  # the venue states none
FRAME_BYTES: Final = 64 << 20  # a snapshot of one book was 5 MB
IDLE_CLOSED_AFTER_S: Final = 60.0
HEARTBEAT_S: Final = 1.0  # the venue's own; see `heartbeat`

CHANNELS: Final = {"book": "level2", "top": "ticker", "trade": "market_trades"}
_NOT_OF_SPOT: Final = ("mark", "liquidation", "quote", "index")
_HEARTBEATS = "heartbeats"


class Accepted(Struct, frozen=True):
    """What an acknowledgement says: topics are `<channel>:<product>`, or `heartbeats`."""

    confirmed: list[str]
    refused: list[tuple[str, str]]  # (topic, reason); the venue never says which topic


class _Event(Struct):
    subscriptions: dict[str, list[str]] = {}


class _Frame(Struct):
    channel: str = ""
    type: str = ""
    message: str = ""
    reason: str = ""
    events: msgspec.Raw = msgspec.Raw(b"[]")


_FRAMES = msgspec.json.Decoder(_Frame)
_EVENTS = msgspec.json.Decoder(list[_Event])


def subscriptions(streams: Sequence[str], symbols: Sequence[str]) -> list[bytes]:
    """Messages to send, in order. Streams that spot does not have are left out (see CHANNELS)."""
    unknown = [s for s in streams if s not in CHANNELS and s not in _NOT_OF_SPOT]
    if unknown:
        known = ", ".join([*CHANNELS, *_NOT_OF_SPOT])
        message = f"unknown stream {unknown[0]!r}: valid are {known}"
        raise UsageError(message)
    messages = [_message("subscribe", _HEARTBEATS, [])]
    for channel in dict.fromkeys(CHANNELS[s] for s in streams if s in CHANNELS):
        products = list(dict.fromkeys(symbols))
        for begin in range(0, len(products), PRODUCTS_PER_MESSAGE):
            part = products[begin : begin + PRODUCTS_PER_MESSAGE]
            messages.append(_message("subscribe", channel, part))
    return messages


def topics(streams: Sequence[str], symbols: Sequence[str]) -> list[str]:
    """The topics that `subscriptions` asks for, as `accepted` names them."""
    asked = dict.fromkeys(CHANNELS[s] for s in streams if s in CHANNELS)
    return [_HEARTBEATS, *(f"{channel}:{symbol}" for channel in asked for symbol in symbols)]


def alone(topic: str) -> bytes | None:
    """The message that subscribes to one topic; None of the heartbeats, which always are alone."""
    channel, _, product = topic.partition(":")
    return _message("subscribe", channel, [product]) if product else None


def again(symbol: str) -> list[bytes]:
    """Messages that bring a new snapshot of one book."""
    channel = CHANNELS["book"]
    return [_message(what, channel, [symbol]) for what in ("unsubscribe", "subscribe")]


def accepted(frame: bytes) -> Accepted | None:
    """What an acknowledgement confirms or refuses; None for any other frame.

    Each acknowledgement lists all topics of the connection, not only the new ones.
    """
    try:
        found = _FRAMES.decode(frame)
        if found.type == "error" and not found.channel:
            said = ": ".join(text for text in (found.message, found.reason) if text)
            return Accepted([], [("", said or "no reason given")])
        if found.channel != "subscriptions":
            return None
        events = _EVENTS.decode(found.events)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # the session rejects it
    topics = [
        channel if channel == _HEARTBEATS else f"{channel}:{product}"
        for event in events
        for channel, products in event.subscriptions.items()
        for product in products
    ]
    return Accepted(list(dict.fromkeys(topics)), [])


def heartbeat() -> bytes | None:
    """Nothing: the venue's heartbeats keep the connection open, once they are subscribed."""
    return None


def reply(frame: bytes) -> bytes | None:
    """Nothing: the venue asks nothing."""
    return None


def _message(what: str, channel: str, products: Sequence[str]) -> bytes:
    named = {"product_ids": list(products)} if products else {}
    return msgspec.json.encode({"type": what, **named, "channel": channel})
