"""What we say to Deribit: subscriptions, heartbeats, and what its answers to them mean.

URL      market data needs no login; interval `100ms` (`raw` is for those who have)
Limits   32 connections per IP; a subscribe costs 3 000 of 30 000 credits that refill at 10 000/s:
         a burst of 10, then 3.3 a second (other requests cost 500 of 50 000)
Batches  as many channels to a subscribe as are assumed to be allowed (deribit_assumed)
Refusals a channel that is missing from a subscribe's `result` was refused, so that an answer
         means something only beside its request: `accepted` takes the messages sent
Alive    after `set_heartbeat` the venue sends `test_request`: answer, or be disconnected
Books    options are read as grouped books (every frame a snapshot), everything else as chains
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from zlib import crc32

import msgspec
from msgspec import Raw, Struct

from schemas.errors import UsageError
from schemas.instrument import Instrument
from sources.deribit_assumed import DeribitAssumed
from sources.deribit_instruments import DVOL, infer
from sources.wire_numbers import Refused

URL: Final = "wss://www.deribit.com/ws/api/v2"
LISTING_URL: Final = (
    "https://www.deribit.com/api/v2/public/get_instruments?currency={currency}&expired=false"
)
INTERVAL: Final = "100ms"
OPTION_BOOK_LEVELS: Final = 20  # of 1, 10, 20

CONNECTIONS_PER_IP: Final = 32  # open at a time
CONNECTIONS_PER_MINUTE: Final = 32  # ours: the venue states none
TOPICS_PER_CONNECTION: Final = None  # the venue states none
SUBSCRIBES_BURST: Final = 10
MESSAGES_PER_S: Final = 10_000 / 3_000  # of subscribes, the dearest

HEARTBEAT_S: Final = 30.0  # how often we say `set_heartbeat`: once would do, again is harmless
VENUE_HEARTBEAT_S: Final = 10  # how often the venue then speaks; its least

ERRORS: Final = {
    10028: "too_many_requests",
    10040: "retry",
    10041: "settlement_in_progress",
    10047: "matching_engine_queue_full",
    10066: "too_many_concurrent_requests",
    11051: "system_maintenance",
    13004: "invalid_credentials",
    13009: "unauthorized",
    13020: "not_found",
    13028: "temporarily_unavailable",
    13778: "raw_subscriptions_not_available_for_unauthorized",
    13888: "timed_out",
}
TRANSIENT: Final = frozenset({10028, 10040, 10041, 10047, 10066, 11051, 13028, 13888})
MISSING: Final = "missing from the result"

USUAL: Final = DeribitAssumed()
STREAMS: Final = ("book", "top", "trade", "mark", "liquidation", "quote", "index")
_HEARTBEAT_ID: Final = 901
_REPLY_ID: Final = 902
_UNSUBSCRIBE_ID: Final = 903
_SUBSCRIBE_IDS: Final = 1000  # from here on the ids of subscribes, made from their channels


class Accepted(Struct, frozen=True):
    """What an answer to a subscribe says of its channels."""

    confirmed: list[str]
    refused: list[tuple[str, str]]  # (channel, reason); channel "" when the request is not known


class _Error(Struct):
    code: int = 0
    message: str = ""


class _Frame(Struct):
    id: int | str | None = None
    method: str | None = None
    params: Raw = Raw()
    result: Raw = Raw()
    error: _Error | None = None


class _Request(Struct):
    id: int
    params: dict[str, Any]


class _Heartbeat(Struct):
    type: str = ""


_FRAME: Final = msgspec.json.Decoder(_Frame)
_REQUEST: Final = msgspec.json.Decoder(_Request)
_HEARTBEAT: Final = msgspec.json.Decoder(_Heartbeat)
_CHANNELS: Final = msgspec.json.Decoder(list[str])
_BAD: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def subscriptions(streams: Sequence[str], symbols: Sequence[str]) -> list[bytes]:
    """Messages that subscribe to the streams of the symbols. Raises UsageError.

    Streams that an instrument does not have are left out.
    """
    return subscribes(channels(streams, symbols))


def channels(streams: Sequence[str], symbols: Sequence[str]) -> list[str]:
    """The channels of streams of symbols, each once. Raises UsageError."""
    for stream in streams:
        if stream not in STREAMS:
            message = f"{stream!r} is no stream"
            raise UsageError(message)
    return list(
        dict.fromkeys(
            channel
            for symbol in symbols
            for stream in streams
            for channel in _channels(stream, symbol)
        )
    )


def subscribes(names: Sequence[str], size: int = USUAL.channels_per_subscribe) -> list[bytes]:
    """Messages that subscribe to channels, `size` of them at most by one."""
    return [_subscribe(names[k : k + size]) for k in range(0, len(names), size)]


def again(symbol: str) -> list[bytes]:
    """Messages after which the symbol's book begins anew with a snapshot. Raises UsageError."""
    names = list(_channels("book", symbol))
    if not names:
        return []
    return [_message(_UNSUBSCRIBE_ID, "unsubscribe", channels=names), _subscribe(names)]


def heartbeat() -> bytes:
    """The message that makes the venue send heartbeats, to be sent every HEARTBEAT_S."""
    return _message(_HEARTBEAT_ID, "set_heartbeat", interval=VENUE_HEARTBEAT_S)


def reply(frame: bytes) -> bytes | None:
    """What must be answered to a frame: only a `test_request` must."""
    if b"test_request" not in frame:
        return None
    try:
        notice = _FRAME.decode(frame)
        if notice.method != "heartbeat" or _HEARTBEAT.decode(notice.params).type != "test_request":
            return None
    except _BAD:
        return None
    return _message(_REPLY_ID, "test")


def accepted(frame: bytes, asked: Sequence[bytes] = ()) -> Accepted | None:
    """What an answer confirms or refuses; None when it does not answer a subscribe.

    asked: the messages sent. Without them a refusal shows in no channel's name.
    """
    try:
        answer = _FRAME.decode(frame)
        if answer.method is not None or answer.id in (_HEARTBEAT_ID, _REPLY_ID, _UNSUBSCRIBE_ID):
            return None
        wanted = _asked(answer.id, asked)
        if answer.error is not None:
            code = answer.error.code
            reason = f"{code} {ERRORS.get(code, answer.error.message)}"
            return Accepted([], [(channel, reason) for channel in wanted or [""]])
        confirmed = _CHANNELS.decode(answer.result)
    except _BAD:
        return None
    return Accepted(confirmed, [(name, MISSING) for name in wanted if name not in confirmed])


def number_of(message: bytes) -> int:
    """The id of a request of ours."""
    return _REQUEST.decode(message).id


def answered(frame: bytes) -> int | None:
    """The id of the request that a frame answers; None: it answers none."""
    try:
        number = _FRAME.decode(frame).id
    except _BAD:
        return None
    return number if isinstance(number, int) else None


def _asked(number: int | str | None, asked: Sequence[bytes]) -> list[str]:
    requests = [_REQUEST.decode(message) for message in asked]
    return [
        str(channel)
        for request in requests
        if request.id == number
        for channel in request.params.get("channels", ())
    ]


def _channels(stream: str, symbol: str) -> Iterator[str]:
    try:
        instrument = infer(symbol)
    except Refused as refused:
        raise UsageError(refused.detail) from refused
    if instrument.kind == "index":
        yield from _index_channels(stream, symbol)
    elif stream == "book":
        yield book_channel(instrument)
    elif stream in ("trade", "liquidation"):
        yield f"trades.{symbol}.{INTERVAL}"
    elif stream in ("top", "mark", "quote"):
        yield f"ticker.{symbol}.{INTERVAL}"
    else:
        yield f"deribit_price_index.{instrument.asset.lower()}_{instrument.quote.lower()}"


def _index_channels(stream: str, symbol: str) -> Iterator[str]:
    if symbol.endswith(DVOL):
        if stream == "index":
            yield f"deribit_volatility_index.{symbol.removesuffix(DVOL)}"
    elif stream == "index":
        yield f"deribit_price_index.{symbol}"
    elif stream == "quote":
        yield f"markprice.options.{symbol}"


def book_channel(instrument: Instrument) -> str:
    """The channel of an instrument's book."""
    if instrument.kind == "option":
        return f"book.{instrument.symbol}.none.{OPTION_BOOK_LEVELS}.{INTERVAL}"
    return f"book.{instrument.symbol}.{INTERVAL}"


def _subscribe(names: Sequence[str]) -> bytes:
    number = _SUBSCRIBE_IDS + crc32(",".join(names).encode())
    return _message(number, "subscribe", channels=names)


def _message(number: int, method: str, **params: Any) -> bytes:
    request = {"jsonrpc": "2.0", "id": number, "method": f"public/{method}", "params": params}
    return msgspec.json.encode(request)
