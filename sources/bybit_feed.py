"""Bybit's linear contracts as a feed: shards by the characters of topics, the paged listing."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from sources import bybit_subscribe as subscribe
from sources import wire_numbers as numbers
from sources.bybit_listing import LISTING_URL, VENUE, read_listing
from sources.bybit_wire import Form
from sources.instruments import Page, Traded
from sources.live.feed import RestLimits
from sources.venue_feed import PolledPlan, VenueFeed, groups

TICKERS_URL: Final = "https://api.bybit.com/v5/market/tickers?category=linear"
TOPICS_PER_CONNECTION: Final = 400  # ours: the venue states characters only
WEIGHT_PER_MINUTE: Final = 1200  # ours: 600 requests in 5 s are allowed

_STREAM: Final = b'"topic":'


class _Ticker(Struct):
    symbol: str
    turnover24h: str = ""
    lastPrice: str = ""


class _Result(Struct):
    tickers: list[_Ticker] = msgspec.field(name="list")


class _Tickers(Struct):
    result: _Result


_TICKERS: Final = Form(_Tickers)


class BybitFeed(VenueFeed):
    """The linear endpoint."""

    venue = VENUE
    streams = default_streams = tuple(subscribe.TOPICS)
    heartbeat_s = subscribe.HEARTBEAT_S
    connections_per_minute = subscribe.CONNECTIONS_PER_MINUTE
    messages_per_s = subscribe.MESSAGES_PER_S
    topics_per_connection = TOPICS_PER_CONNECTION
    urgent = (b"allLiquidation",)
    rest = RestLimits(WEIGHT_PER_MINUTE)

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        def split(symbols: Sequence[str]) -> list[tuple[str, ...]]:
            return [
                part
                for group in subscribe.by_connection(streams, symbols)
                for part in groups(group, len(streams), self.topics_per_connection)
            ]

        return self._one_each(
            split, streams, symbols, subscribe.URL, subscribe.subscriptions, subscribe.topics
        )

    def _accepted(self, frame: bytes) -> subscribe.Accepted | None:
        return subscribe.accepted(frame)

    def alone(self, topic: str) -> bytes | None:
        """The request for one topic."""
        return subscribe.alone(topic)

    def again(self, symbol: str) -> list[bytes]:
        """Messages that give up a book and subscribe to it anew."""
        return subscribe.again(symbol)

    def heartbeat(self) -> bytes | None:
        """A ping; its answer is idle."""
        return subscribe.heartbeat()

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is of a topic."""
        return _STREAM in frame

    # -- REST ----------------------------------------------------------------------------------

    def listing_urls(self) -> tuple[str, ...]:
        """The first page of the listing, and the 24 h volumes."""
        return LISTING_URL, TICKERS_URL

    def page(self, url: str, body: bytes) -> Page:
        """What one of these answers says; a page names its successor. Raises Refused."""
        if urlsplit(url).path.endswith("/tickers"):
            tickers = _TICKERS.read(body).result.tickers
            return Page(traded=tuple(_traded(ticker) for ticker in tickers))
        listing = read_listing(body)
        more = f"{LISTING_URL}&cursor={quote(listing.next_page, safe='')}"
        return Page(
            instruments=tuple(listing.instruments),
            more=(more,) if listing.next_page else (),
            refused=tuple(listing.refused),
        )


def _traded(ticker: _Ticker) -> Traded:
    turnover = numbers.size(ticker.turnover24h or "0")
    return Traded(ticker.symbol, turnover, "quote", numbers.size(ticker.lastPrice or "0"))
