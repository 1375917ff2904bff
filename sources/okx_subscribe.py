"""What to send OKX so that it sends us streams, and what its answers mean.

3 new connections a second and address; 480 subscribe, unsubscribe and login requests an hour and
connection; 30 connections a channel; the arguments of a request at most 64 KiB together; fewer
than 30 books a connection are advised. Silent connections are cut after 30 s: after less we send
the text `ping` and get the text `pong`. The venue asks nothing of us.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from schemas.errors import UsageError
from sources import okx_wire as wire
from sources.okx_contracts import family_of, index_of, type_of
from sources.wire_numbers import Refused

URL: Final = "wss://ws.okx.com:8443/ws/v5/public"
CONNECTIONS_PER_S: Final = 3
REQUESTS_PER_HOUR: Final = 480
CONNECTIONS_PER_CHANNEL: Final = 30
BOOKS_PER_CONNECTION: Final = 29
REQUEST_BYTES: Final = 64 * 1024
HEARTBEAT_S: Final = 20.0  # of silence; the venue cuts at 30
SILENCE_S: Final = 30.0
DROP_LEAD_S: Final = 60.0  # from the notice to the cut; about a minute by the documentation

_LEAVING: Final = "64008"
_ERRORS: Final = ("error", "channel-conn-count-error")
_REQUEST: Final = len(b'{"op":"unsubscribe","args":[]}')
_ABOUT = re.compile(r"channel: ?([\w-]+), ?(?:instId|instType|instFamily|uly): ?([\w-]+)")

Argument = dict[str, str]


class Acknowledged(Struct, frozen=True):
    """What an answer says of channels, each as `channel:instrument`, `channel:type` or `:family`.

    A refusal that names no channel has "" in its place.
    """

    confirmed: list[str]
    refused: list[tuple[str, str]]


def subscriptions(streams: Sequence[str], symbols: Sequence[str]) -> list[bytes]:
    """Requests for streams of symbols. Raises UsageError for what is no market."""
    return requests(arguments(streams, symbols))


def arguments(streams: Sequence[str], symbols: Sequence[str]) -> list[Argument]:
    """Channels for streams of symbols, each once. Raises UsageError for what is no market."""
    wanted: dict[tuple[tuple[str, str], ...], None] = {}
    for symbol in symbols:
        try:
            kind = type_of(symbol)
        except Refused as refused:
            message = f'"{symbol}" is no market: {refused.detail}'
            raise UsageError(message) from refused
        for stream in streams:
            for argument in _arguments(stream, symbol, kind):
                wanted[tuple(argument.items())] = None
    return [dict(argument) for argument in wanted]


def topic(argument: Argument) -> str:
    """A channel as `accepted` names it."""
    of = argument.get("instId") or argument.get("instFamily") or argument.get("instType", "")
    return f"{argument['channel']}:{of}"


def is_shared(argument: Argument) -> bool:
    """Whether a channel is of a whole type or family: one connection of all may have it."""
    return "instId" not in argument


def accepted(frame: bytes) -> Acknowledged | None:
    """What an acknowledgement confirms or refuses; None for any other frame."""
    event = _event(frame)
    if event is None or event.event not in (*_ERRORS, "subscribe", "unsubscribe"):
        return None
    if event.event in _ERRORS:
        about = _ABOUT.search(event.msg)
        channel = "" if about is None else f"{about[1]}:{about[2]}"
        return Acknowledged([], [(channel, f"{event.code or event.event} {event.msg}".strip())])
    argument = event.arg
    if event.event == "unsubscribe" or argument is None:
        return Acknowledged([], [])
    return Acknowledged([topic(msgspec.to_builtins(argument))], [])


def leaving(frame: bytes) -> bool:
    """Whether the venue says that it will drop the connection: a new one is due now."""
    event = _event(frame)
    return event is not None and event.event == "notice" and str(event.code) == _LEAVING


def again(symbol: str) -> list[bytes]:
    """Requests for a new snapshot of a book. They count among the 480 an hour."""
    argument = {"channel": "books", "instId": symbol}
    return [_request(op, [argument]) for op in ("unsubscribe", "subscribe")]


def heartbeat() -> bytes | None:
    """What to send after HEARTBEAT_S of silence."""
    return b"ping"


def reply(frame: bytes) -> bytes | None:
    """What a frame asks of us: nothing, whatever it is."""
    return None


def _arguments(stream: str, symbol: str, kind: str) -> list[Argument]:
    """Channels of a stream of one market; none where the venue has no such thing."""
    index = {"channel": "index-tickers", "instId": index_of(symbol)}
    option = kind == "OPTION"
    match stream:
        case "book":
            return [_of("books", symbol)]
        case "top":
            return [_of("bbo-tbt", symbol)]
        case "trade":
            return [_of("trades", symbol)]
        case "mark" if kind == "SWAP":
            funding = _of("funding-rate", symbol)
            return [_of("mark-price", symbol), funding, _of("open-interest", symbol), index]
        case "mark" if kind == "FUTURES":
            return [_of("mark-price", symbol), _of("open-interest", symbol), index]
        case "liquidation" if kind != "SPOT":
            return [{"channel": "liquidation-orders", "instType": kind}]
        case "quote" if option:
            summary = {"channel": "opt-summary", "instFamily": family_of(symbol)}
            quoted = ("bbo-tbt", "mark-price", "open-interest")
            return [summary, *(_of(channel, symbol) for channel in quoted)]
        case "index" if not option:
            return [index]
    return []


def _of(channel: str, symbol: str) -> Argument:
    return {"channel": channel, "instId": symbol}


def requests(arguments: Sequence[Argument]) -> list[bytes]:
    """Requests of as many arguments as fit."""
    return list(_requests(arguments))


def _requests(arguments: Sequence[Argument]) -> Iterator[bytes]:
    batch: list[Argument] = []
    size = _REQUEST
    for argument in arguments:
        more = len(msgspec.json.encode(argument)) + 1
        if batch and size + more > REQUEST_BYTES:
            yield _request("subscribe", batch)
            batch, size = [], _REQUEST
        batch.append(argument)
        size += more
    if batch:
        yield _request("subscribe", batch)


def _request(op: str, arguments: list[Argument]) -> bytes:
    return msgspec.json.encode({"op": op, "args": arguments})


def _event(frame: bytes) -> wire.Frame | None:
    try:
        decoded = wire.decode(frame)
    except Refused:
        return None  # a heartbeat's text, or what the session will reject
    return decoded if decoded.event is not None else None
