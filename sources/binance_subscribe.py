"""What to send to Binance, for every market, and what its answers mean.

Tiers     USD-M parts its streams over two paths of the host; on the wrong one SUBSCRIBE is
          acknowledged and nothing ever comes. COIN-M and spot have one path
Forms     `/stream` wraps each frame in its stream's name, after SUBSCRIBE or by `?streams=a/b`
Limits    1024 streams a connection (200 is what clients dare), messages a second by market (its
          pongs included), 24 h a connection; spot 300 new connections in 5 min
Refusals  an answer names no stream, only the id of its request: `accepted` takes what was asked.
          A stream that does not exist is acknowledged like any other
Books     their snapshots come by REST, so there is nothing to send for a new one
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote
from zlib import crc32

import msgspec
from msgspec import Struct

from sources.binance_family import Market

TOPICS_PER_CONNECTION: Final = 200
TOPICS_PER_MESSAGE: Final = 50  # ours: the venue states none
CONNECTIONS_PER_MINUTE: Final = 60
LIFETIME_S: Final = 24 * 3600 - 600.0
HEARTBEAT_S: Final = 30.0  # ours: the venue pings by itself, but a quiet connection says nothing

_LIST_ID: Final = 1
_SUBSCRIBE_IDS: Final = 1000  # from here on the ids of subscriptions, made from their streams
_LEAVING: Final = b"serverShutdown"
_STREAM: Final = b'"stream":'


class Accepted(Struct, frozen=True):
    """What an answer says of streams; a refusal that belongs to no request of ours has ""."""

    confirmed: list[str]
    refused: list[tuple[str, str]]


class _Error(Struct):
    code: int | None = None
    msg: str = ""


class _Answer(_Error):
    id: Any = None
    error: _Error | None = None  # spot's form


class _Event(Struct):
    e: str = ""


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_EVENT: Final = msgspec.json.Decoder(_Event)
_BAD: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def topics(market: Market, streams: Iterable[str], symbols: Iterable[str]) -> dict[str, list[str]]:
    """The venue's streams by tier, symbol by symbol; what the market does not have is left out."""
    words = [word for word in dict.fromkeys(streams) if word in market.streams]
    found: dict[str, list[str]] = {}
    for symbol in dict.fromkeys(symbols):
        for stream in (market.streams[word] for word in words):
            found.setdefault(stream.tier, []).append(f"{symbol.lower()}@{stream.name}")
    return found


def subscriptions(names: Sequence[str]) -> list[bytes]:
    """Messages that subscribe to the venue's streams (`topics`)."""
    size = TOPICS_PER_MESSAGE
    parts = [list(names[k : k + size]) for k in range(0, len(names), size)]
    return [
        msgspec.json.encode({"method": "SUBSCRIBE", "params": part, "id": _number(part)})
        for part in parts
    ]


def asked_by(messages: Iterable[bytes]) -> dict[int, tuple[str, ...]]:
    """Which streams a request was for, by its id."""
    requests = (msgspec.json.decode(message) for message in messages)
    return {request["id"]: tuple(request["params"]) for request in requests}


def stream_url(market: Market, tier: str, names: Sequence[str] = ()) -> str:
    """Where the streams of a tier are; with names they come without being subscribed to.

    >>> from sources.binance_family import MARKETS
    >>> stream_url(MARKETS["binance-usdm"], "market", ["btcusdt@forceOrder"])
    'wss://fstream.binance.com/market/stream?streams=btcusdt@forceOrder'
    """
    path = f"/{tier}/stream" if tier else "/stream"
    listed = "/".join(quote(name, safe="@") for name in names)
    return f"{market.ws}{path}" + (f"?streams={listed}" if listed else "")


def accepted(frame: bytes, asked: Mapping[int, Sequence[str]]) -> Accepted | None:
    """What an answer confirms or refuses; None when it answers no subscription."""
    try:
        answer = _ANSWER.decode(frame)
    except _BAD:
        return None
    if not isinstance(answer.id, int) or answer.id == _LIST_ID:
        return None
    names = asked.get(answer.id, ())
    error = answer.error if answer.error is not None else answer
    if error.code is None:
        return Accepted(list(names), [])
    return Accepted([], [(name, f"{error.code} {error.msg}") for name in names or [""]])


def heartbeat() -> bytes:
    """A question whose answer shows that the connection lives."""
    return msgspec.json.encode({"method": "LIST_SUBSCRIPTIONS", "id": _LIST_ID})


def leaving(frame: bytes) -> bool:
    """Whether the venue says that it will drop the connection."""
    if _LEAVING not in frame:
        return False
    try:
        return _EVENT.decode(frame).e == _LEAVING.decode()
    except _BAD:
        return False


def is_market(frame: bytes) -> bool:
    """Whether a frame is of a stream."""
    return _STREAM in frame


def _number(names: Sequence[str]) -> int:
    return _SUBSCRIBE_IDS + crc32(",".join(names).encode())
