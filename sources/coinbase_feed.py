"""Coinbase Advanced as a feed: few products a connection, because a lost frame loses all of them.

The listing is asked for page after page until one is empty: how long a page may be is not stated.
"""

from functools import partial
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct

from sources import coinbase_subscribe as subscribe
from sources import wire_numbers as numbers
from sources.coinbase_listing import URL, VENUE, instruments_of
from sources.coinbase_wire import decoded
from sources.instruments import Page, Traded
from sources.live.feed import RestLimits
from sources.venue_feed import PolledPlan, VenueFeed, groups

PAGE: Final = 500  # products asked for at a time
TOPICS_PER_CONNECTION: Final = 60  # ours: the venue states none
WEIGHT_PER_MINUTE: Final = 300  # of requests, ours: 10 a second are allowed
STALE_S: Final = 120.0  # a spot market may be quiet

_CONTROL: Final = (b'"heartbeats"', b'"subscriptions"', b'"error"')
_CHANNEL: Final = b'"channel"'


class _Product(Struct):
    product_id: str
    approximate_quote_24h_volume: str | None = None
    price: str | None = None


class _Products(Struct):
    products: list[_Product]


_PRODUCTS: Final = msgspec.json.Decoder(_Products)


class CoinbaseFeed(VenueFeed):
    """The market data endpoint, without a login."""

    venue = VENUE
    streams = default_streams = tuple(subscribe.CHANNELS)
    heartbeat_s = 0.0  # the venue's own, once subscribed
    connections_per_minute = subscribe.CONNECTIONS_PER_MINUTE
    messages_per_s = float(subscribe.MESSAGES_PER_S)
    topics_per_connection = TOPICS_PER_CONNECTION
    stale_s = STALE_S
    rest = RestLimits(WEIGHT_PER_MINUTE)

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        split = partial(groups, topics_each=len(streams), most=self.topics_per_connection)
        return self._one_each(
            split, streams, symbols, subscribe.URL, subscribe.subscriptions, subscribe.topics
        )

    def _accepted(self, frame: bytes) -> subscribe.Accepted | None:
        return subscribe.accepted(frame)

    def alone(self, topic: str) -> bytes | None:
        """The request for one product of one channel."""
        return subscribe.alone(topic)

    def again(self, symbol: str) -> list[bytes]:
        """Messages that bring a new snapshot of one book."""
        return subscribe.again(symbol)

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is of a channel with prices."""
        return _CHANNEL in frame and not any(word in frame for word in _CONTROL)

    # -- REST ----------------------------------------------------------------------------------

    def listing_urls(self) -> tuple[str, ...]:
        """The first page of products."""
        return (_url(0),)

    def page(self, url: str, body: bytes) -> Page:
        """Products with their 24 h volumes; a page that is not empty has a successor."""
        products = decoded(_PRODUCTS, body).products
        begin = int(parse_qs(urlsplit(url).query)["offset"][0])
        return Page(
            instruments=tuple(instruments_of(body)),
            traded=tuple(map(_traded, products)),
            more=(_url(begin + len(products)),) if products else (),
        )


def _url(offset: int) -> str:
    return f"{URL}?limit={PAGE}&offset={offset}"


def _traded(product: _Product) -> Traded:
    volume = numbers.size(product.approximate_quote_24h_volume or "0")
    return Traded(product.product_id, volume, "quote", numbers.size(product.price or "0"))
