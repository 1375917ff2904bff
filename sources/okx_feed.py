"""OKX as a feed: few books a connection, channels of whole types once, listings by type.

Options are listed by family, and only the answer about underlyings says which families there are.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from msgspec import Struct

from schemas.control import Reason
from sources import okx_subscribe as subscribe
from sources import okx_wire as wire
from sources import wire_numbers as numbers
from sources.instruments import Page, Traded
from sources.live.feed import RestLimits
from sources.okx_contracts import REST, VENUE, listed
from sources.venue_feed import PolledPlan, VenueFeed, connection_name, groups
from sources.wire_numbers import Refused

MESSAGES_PER_S: Final = 1.0  # of 480 an hour: a burst is allowed, a stream of them is not
TOPICS_PER_CONNECTION: Final = 240  # ours: the venue states the bytes of a request
WEIGHT_PER_MINUTE: Final = 300  # of requests; the narrowest limit is 20 in 2 s

_LISTED: Final = ("SPOT", "SWAP", "FUTURES")
_OPTION: Final = "OPTION"
_TRADED: Final = (*_LISTED, _OPTION)
_DATA: Final = b'"data":'


class _Ticker(Struct):
    instId: str
    instType: str = ""
    last: str = ""
    volCcy24h: str = ""  # of spot in quote, of the others in base coin


_TICKERS: Final = msgspec.json.Decoder(list[_Ticker])
_FAMILIES: Final = msgspec.json.Decoder(list[list[str]])


class OkxFeed(VenueFeed):
    """The public endpoint."""

    venue = VENUE
    streams = ("book", "top", "trade", "mark", "liquidation", "quote", "index")
    default_streams = ("book", "top", "trade", "mark", "liquidation", "quote")  # marks have indices
    heartbeat_s = subscribe.HEARTBEAT_S
    connections_per_minute = 60 * subscribe.CONNECTIONS_PER_S
    messages_per_s = MESSAGES_PER_S
    topics_per_connection = TOPICS_PER_CONNECTION
    urgent = (b"liquidation-orders",)
    rest = RestLimits(WEIGHT_PER_MINUTE)

    def __init__(self, accounts: Sequence[str] = ()) -> None:
        super().__init__(accounts)
        self._asked: dict[str, subscribe.Argument] = {}  # by topic

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        def split(symbols: Sequence[str]) -> list[tuple[str, ...]]:
            each = max((len(subscribe.arguments(streams, [s])) for s in symbols), default=1)
            size = self.topics_per_connection
            if "book" in streams:
                size = min(size, subscribe.BOOKS_PER_CONNECTION * each)
            return groups(symbols, each, size)

        shared: dict[str, None] = {}
        plans = []
        for number, part in self._numbered(split, symbols):
            arguments = [
                argument
                for argument in subscribe.arguments(streams, part)
                if not subscribe.is_shared(argument) or subscribe.topic(argument) not in shared
            ]
            topics = tuple(subscribe.topic(argument) for argument in arguments)
            shared |= dict.fromkeys(topics)
            self._asked |= zip(topics, arguments, strict=True)
            plans.append(
                PolledPlan(
                    name=connection_name(self.venue, number),
                    url=subscribe.URL,
                    messages=tuple(subscribe.requests(arguments)),
                    expected=topics,
                    symbols=part,
                    streams=streams,
                )
            )
        return plans

    def _accepted(self, frame: bytes) -> subscribe.Acknowledged | None:
        return subscribe.accepted(frame)

    def alone(self, topic: str) -> bytes | None:
        """The request for one channel."""
        argument = self._asked.get(topic)
        return None if argument is None else subscribe.requests([argument])[0]

    def again(self, symbol: str) -> list[bytes]:
        """Messages that give up a book and subscribe to it anew."""
        return subscribe.again(symbol)

    def heartbeat(self) -> bytes | None:
        """The text `ping`; its answer is idle."""
        return subscribe.heartbeat()

    def leaving(self, frame: bytes) -> bool:
        """Whether the venue says that it will drop the connection."""
        return not self.is_market(frame) and subscribe.leaving(frame)

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame has rows of a channel."""
        return _DATA in frame

    # -- REST ----------------------------------------------------------------------------------

    def listing_urls(self) -> tuple[str, ...]:
        """Listings by type, the families of options, and 24 h volumes by type."""
        return (
            *(_url("public/instruments", instType=kind) for kind in _LISTED),
            _url("public/underlying", instType=_OPTION),
            *(_url("market/tickers", instType=kind) for kind in _TRADED),
        )

    def page(self, url: str, body: bytes) -> Page:
        """What one of these answers says. Raises Refused."""
        answer = wire.decode_answer(body)
        if answer.code != "0":
            raise Refused(Reason.missing_field, f"the venue refused it: code {answer.code}")
        parts = urlsplit(url)
        if parts.path.endswith("/underlying"):
            families = [name for row in wire.rows(_FAMILIES, answer.data) for name in row]
            urls = (
                _url("public/instruments", instType=_OPTION, instFamily=name) for name in families
            )
            return Page(more=tuple(urls))
        if parts.path.endswith("/tickers"):
            kind = parse_qs(parts.query)["instType"][0]
            tickers = wire.rows(_TICKERS, answer.data)
            return Page(traded=tuple(_traded(ticker, kind) for ticker in tickers))
        return Page(instruments=tuple(listed(answer.data)))


def _url(method: str, **query: str) -> str:
    return f"{REST}/api/v5/{method}?{urlencode(query)}"


def _traded(ticker: _Ticker, kind: str) -> Traded:
    volume, last = numbers.size(ticker.volCcy24h or "0"), numbers.size(ticker.last or "0")
    return Traded(ticker.instId, volume, "quote" if kind == "SPOT" else "base", last)
