"""Binance as a feed, for every market: tiers, shards, open interest by REST, the listing.

Open interest is in no stream: it is asked for symbol by symbol, as part of the connection that
has the marks, and as often as a quarter of the venue's weight allows. So are funding intervals.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from sources import binance_subscribe as subscribe
from sources.binance_family import Market
from sources.binance_listing import read_intervals, read_listing, read_volumes
from sources.instruments import Page
from sources.live.feed import RestLimits
from sources.venue_feed import Poll, PolledPlan, VenueFeed, connection_name, groups

OPEN_INTEREST_S: Final = 15.0  # least time between two questions for one symbol
OPEN_INTEREST_SHARE: Final = 0.25  # of the weight of a minute
FUNDING_S: Final = 3600.0
_MESSAGES_SHARE: Final = 0.8  # of the allowed messages: pongs count too


class BinanceFeed(VenueFeed):
    """One market."""

    heartbeat_s = subscribe.HEARTBEAT_S
    connections_per_minute = subscribe.CONNECTIONS_PER_MINUTE
    topics_per_connection = subscribe.TOPICS_PER_CONNECTION
    urgent = (b"forceOrder",)
    lifetime_s = subscribe.LIFETIME_S

    def __init__(self, market: Market, accounts: Sequence[str] = ()) -> None:
        super().__init__(accounts)
        self.market = market
        self.venue = market.venue
        self.streams = self.default_streams = tuple(market.streams)
        self.messages_per_s = market.messages_per_s * _MESSAGES_SHARE
        self.rest = RestLimits(market.weight_per_minute, "X-MBX-USED-WEIGHT-1M")
        self._asked: dict[int, tuple[str, ...]] = {}

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        of = self.market.streams
        every_s = self._open_interest_s(len(symbols))
        plans = []
        for tier in dict.fromkeys(of[word].tier for word in streams):
            words = tuple(word for word in streams if of[word].tier == tier)
            split = partial(groups, topics_each=len(words), most=self.topics_per_connection)
            for number, part in self._numbered(split, symbols, tier):
                names = tuple(subscribe.topics(self.market, words, part).get(tier, ()))
                messages = tuple(subscribe.subscriptions(names))
                self._asked |= subscribe.asked_by(messages)
                name = connection_name(self.venue, number, tier)
                url = subscribe.stream_url(self.market, tier)
                every = self._polls(part, every_s) if "mark" in words else ()
                plans.append(PolledPlan(name, url, messages, names, part, words, every=every))
        return plans

    def _open_interest_s(self, symbols: int) -> float:
        per_minute = self.market.weight_per_minute * OPEN_INTEREST_SHARE
        return max(OPEN_INTEREST_S, symbols * 60.0 / per_minute)

    def _polls(self, symbols: Sequence[str], every_s: float) -> tuple[Poll, ...]:
        url = self.market.open_interest_url
        interests = tuple(Poll(url.format(symbol=symbol), every_s) for symbol in symbols)
        return (*interests, Poll(self.market.funding_url, FUNDING_S))

    def _accepted(self, frame: bytes) -> subscribe.Accepted | None:
        return subscribe.accepted(frame, self._asked)

    def alone(self, topic: str) -> bytes | None:
        """The request for one stream."""
        messages = subscribe.subscriptions([topic])
        self._asked |= subscribe.asked_by(messages)
        return messages[0]

    def heartbeat(self) -> bytes | None:
        """A question whose answer shows that the connection lives."""
        return subscribe.heartbeat()

    def leaving(self, frame: bytes) -> bool:
        """Whether the venue says that it shuts this server down."""
        return subscribe.leaving(frame)

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is of a stream."""
        return subscribe.is_market(frame)

    # -- REST ----------------------------------------------------------------------------------

    def listing_urls(self) -> tuple[str, ...]:
        """Listing, 24 h volumes and, where there is funding, its intervals."""
        urls = (self.market.listing_url, self.market.tickers_url)
        return urls if self.market.kind == "spot" else (*urls, self.market.funding_url)

    def page(self, url: str, body: bytes) -> Page:
        """What one of these answers says. Raises Refused."""
        if url == self.market.tickers_url:
            return Page(traded=read_volumes(self.market, body))
        if url == self.market.funding_url:
            return Page(intervals=read_intervals(body))
        listing = read_listing(self.market, body)
        return Page(instruments=listing.instruments, refused=listing.refused)

    def _weight(self, url: str) -> int:
        match urlsplit(url).path.rpartition("/")[2]:
            case "depth":
                return self.market.depth_weight
            case "24hr":
                return self.market.tickers_weight
            case "exchangeInfo":
                return self.market.listing_weight
        return 1
