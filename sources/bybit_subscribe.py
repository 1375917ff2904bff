"""What to send to Bybit's linear endpoint, and what its acknowledgements mean.

Limits, as documented in 2026-07: 500 new connections in 5 min for one domain; the topics of one
connection are at most 21,000 characters together; a client pings every 20 s, and an idle
connection is cut after 10 min. The linear endpoint states no number of topics in one request and
no rate of messages: 10 and 5 in a second are our own caution.

One bad topic rejects its whole request, and an acknowledgement names no topic. So each request is
of one symbol, and its id says what it asked for: `BTCUSDT book+trade`. A refused request is
repeated topic by topic: see `alone`.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

URL: Final = "wss://stream.bybit.com/v5/public/linear"
HEARTBEAT_S: Final = 20.0
CONNECTIONS_PER_MINUTE: Final = 100
TOPIC_CHARS_PER_CONNECTION: Final = 21_000
TOPICS_PER_MESSAGE: Final = 10
MESSAGES_PER_S: Final = 5.0
AGAIN_EVERY_S: Final = 5.0  # least time between two renewals of one book

BOOK_LEVELS: Final = 200  # pushed every 100 ms
TOPICS: Final = {
    "book": f"orderbook.{BOOK_LEVELS}",
    "top": "orderbook.1",
    "trade": "publicTrade",
    "mark": "tickers",
    "liquidation": "allLiquidation",
}

_AROUND: Final = 3  # quotes and a comma
_PING: Final = b'{"req_id":"ping","op":"ping"}'
_ALREADY = re.compile("already subscribed", re.IGNORECASE)  # [U] texts of errors are in no list
_NAMED = re.compile(r"[A-Za-z]+(?:\.[A-Za-z0-9]+)*\.[^\s.,\[\]\"']+")


class Accepted(Struct):
    """What an acknowledgement says, by topic. A refusal that names no topic has an empty one."""

    confirmed: list[str]
    refused: list[tuple[str, str]]  # topic, reason


class _Answer(Struct):
    op: Any = None
    success: Any = None
    ret_msg: Any = None
    req_id: Any = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def subscriptions(streams: Iterable[str], symbols: Iterable[str]) -> list[bytes]:
    """Messages that subscribe to these streams; those the venue does not have are left out."""
    words = [word for word in dict.fromkeys(streams) if word in TOPICS]
    return [_request("subscribe", words, symbol) for symbol in symbols if words]


def topics(streams: Iterable[str], symbols: Iterable[str]) -> list[str]:
    """The topics that `subscriptions` asks for, which is what `accepted` confirms."""
    words = list(dict.fromkeys(streams))
    return [topic for symbol in symbols for topic in _topics(words, symbol)]


def alone(topic: str) -> bytes | None:
    """The message that subscribes to one topic; None when it is none of ours."""
    for word, channel in TOPICS.items():
        if topic.startswith(channel + "."):
            return _request("subscribe", [word], topic.removeprefix(channel + "."))
    return None


def again(symbol: str) -> list[bytes]:
    """Messages that give up a book and subscribe to it anew: its snapshot comes first."""
    return [_request(op, ["book"], symbol) for op in ("unsubscribe", "subscribe")]


def by_connection(streams: Sequence[str], symbols: Iterable[str]) -> list[list[str]]:
    """Symbols parted into groups, each of which one connection may subscribe to."""
    groups: list[list[str]] = []
    used = 0
    for symbol in symbols:
        needed = sum(len(topic) + _AROUND for topic in _topics(streams, symbol))
        if not groups or used + needed > TOPIC_CHARS_PER_CONNECTION:
            groups.append([])
            used = 0
        groups[-1].append(symbol)
        used += needed
    return groups


def accepted(frame: bytes) -> Accepted | None:
    """What an acknowledgement confirms or refuses; None when the frame is none.

    That of an unsubscription confirms nothing.
    """
    try:
        answer = _ANSWER.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if answer.op not in ("subscribe", "unsubscribe") or not isinstance(answer.success, bool):
        return None
    if answer.op == "unsubscribe":
        return Accepted([], [])
    symbol, _, words = str(answer.req_id or "").partition(" ")
    topics = _topics(words.split("+"), symbol)
    reason = str(answer.ret_msg or "")
    if answer.success or (len(topics) == 1 and _ALREADY.search(reason)):
        return Accepted(topics, [])
    named = topics or _NAMED.findall(reason) or [""]
    return Accepted([], [(topic, reason) for topic in named])


def heartbeat() -> bytes | None:
    """What keeps the connection alive, every HEARTBEAT_S."""
    return _PING


def reply(frame: bytes) -> bytes | None:
    """What a frame must be answered with: this venue asks nothing."""
    return None


def _topics(streams: Iterable[str], symbol: str) -> list[str]:
    return [f"{TOPICS[word]}.{symbol}" for word in streams if word in TOPICS]


def _request(op: str, words: Sequence[str], symbol: str) -> bytes:
    request_id = f"{symbol} {'+'.join(words)}"
    return msgspec.json.encode({"req_id": request_id, "op": op, "args": _topics(words, symbol)})
