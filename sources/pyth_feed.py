"""Pyth's Hermes as a feed: one subscription per oracle feed, confirmed by its first price.

An answer to a subscription names no feed, so a topic (a symbol) is confirmed by its first update;
each feed is sent once a slot, also outside its trading hours. Feeds are called by symbol: their
ids come from the listing that this feed has read, and for two of them from `pyth_listing`.

Since 2026-08-26 the venue wants a key with everything but the listing.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from schemas.errors import UsageError
from sources import pyth_subscribe as subscribe
from sources.instruments import Page
from sources.live.feed import Acknowledged, RestLimits
from sources.pyth_listing import URL, VENUE, read_listing
from sources.pyth_names import Names
from sources.venue_feed import PolledPlan, VenueFeed, groups

TOPICS_PER_CONNECTION: Final = 100  # ours: the venue states none
CONNECTIONS_PER_MINUTE: Final = 30  # ours
MESSAGES_PER_S: Final = 20.0  # ours
WEIGHT_PER_MINUTE: Final = 30  # of requests, ours: 30 in 10 s were allowed, then 60 s of nothing
STALE_S: Final = 30.0  # a slot is 0.4 s


class PythFeed(VenueFeed):
    """Oracle prices, with a key where one is given."""

    venue = VENUE
    streams = default_streams = ("oracle",)
    heartbeat_s = 0.0  # the venue pings
    connections_per_minute = CONNECTIONS_PER_MINUTE
    messages_per_s = MESSAGES_PER_S
    topics_per_connection = TOPICS_PER_CONNECTION
    lifetime_s = subscribe.LIFETIME_S
    stale_s = STALE_S
    rest = RestLimits(WEIGHT_PER_MINUTE)

    def __init__(self, accounts: Sequence[str] = ()) -> None:
        super().__init__(accounts)
        self._names = Names()

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        if len(symbols) > subscribe.MOST_FEEDS:
            message = (
                f"{self.venue} sends one address {subscribe.MOST_FEEDS} feeds, "
                f"not {len(symbols)}: choose fewer instruments"
            )
            raise UsageError(message)
        split = partial(groups, topics_each=1, most=self.topics_per_connection)
        return self._one_each(split, streams, symbols, subscribe.URL, self._subscriptions, _topics)

    def _subscriptions(self, streams: Sequence[str], symbols: Sequence[str]) -> Iterable[bytes]:
        del streams
        return map(subscribe.subscription, map(self._id, symbols))

    def _id(self, symbol: str) -> str:
        found = self._names.id_of(symbol)
        if found is None:
            message = f'{self.venue} has told no id of "{symbol}": its listing was not read'
            raise UsageError(message)
        return found

    def acknowledged(self, frame: bytes) -> Acknowledged | None:
        """The feed whose price came, what was refused; None for any other frame."""
        symbol = self._symbol(subscribe.updated(frame))
        if symbol is not None:
            return Acknowledged((symbol,))
        return super().acknowledged(frame)

    def _accepted(self, frame: bytes) -> subscribe.Accepted | None:
        said = subscribe.accepted(frame)
        if said is None:
            return None
        refused = [(self._symbol(feed) or feed, why) for feed, why in said.refused]
        return subscribe.Accepted([], refused)

    def _symbol(self, feed: str | None) -> str | None:
        found = None if feed is None else self._names.feed(feed)
        return None if found is None else found.symbol

    def leaving(self, frame: bytes) -> bool:
        """Whether the venue says that the connection has reached its age."""
        return subscribe.leaving(frame)

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is a price."""
        return b'"price_update"' in frame

    # -- REST ----------------------------------------------------------------------------------

    def listing_urls(self) -> tuple[str, ...]:
        """All feeds at once."""
        return (URL,)

    def page(self, url: str, body: bytes) -> Page:
        """The feeds, whose ids are remembered. There are no volumes. Raises Refused."""
        del url
        found, refused = read_listing(body)
        self._names.take(found)
        return Page(tuple(one.instrument for one in found), refused=tuple(refused))

    def authorise(self, key: str) -> None:
        """The key goes with every handshake and request."""
        self.headers = (("Authorization", f"Bearer {key}"),)


def _topics(streams: Sequence[str], symbols: Sequence[str]) -> Iterable[str]:
    del streams
    return symbols
