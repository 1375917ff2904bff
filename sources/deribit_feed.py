"""Deribit as a feed: shards of channels, each channel on one connection, the listing of everything.

The listing has no indices: the price index of every coin with inverse contracts, and the
volatility indices that there are assumed to be, are added to it.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw, Struct

from sources import deribit_subscribe as subscribe
from sources import wire_numbers as numbers
from sources.deribit_assumed import DeribitAssumed
from sources.deribit_instruments import DVOL, VENUE, infer
from sources.deribit_listing import instruments_of
from sources.deribit_wire import decode, text
from sources.instruments import Page, Traded
from sources.live.feed import RestLimits
from sources.venue_feed import (
    PolledPlan,
    Said,
    VenueFeed,
    connection_name,
    first_only,
    groups,
)

LISTING_URL: Final = subscribe.LISTING_URL.format(currency="any")
SUMMARY_URL: Final = (
    "https://www.deribit.com/api/v2/public/get_book_summary_by_currency?currency={currency}"
)
CURRENCIES: Final = ("BTC", "ETH", "USDC", "USDT")  # that contracts are settled in
TOPICS_PER_CONNECTION: Final = 400  # ours: the venue states none
WEIGHT_PER_MINUTE: Final = 600  # of ordinary requests; 20 a second are allowed
LISTING_WEIGHT: Final = 20  # costs twenty times an ordinary one

_STREAM: Final = b'"subscription"'


class _Summary(Struct):
    instrument_name: str
    volume_usd: Raw = Raw()


class _Summaries(Struct):
    result: list[_Summary]


_SUMMARIES: Final = msgspec.json.Decoder(_Summaries)


class DeribitFeed(VenueFeed):
    """Market data without a login."""

    venue = VENUE
    streams = default_streams = subscribe.STREAMS
    heartbeat_s = subscribe.HEARTBEAT_S
    connections_per_minute = subscribe.CONNECTIONS_PER_MINUTE
    messages_per_s = subscribe.MESSAGES_PER_S
    topics_per_connection = TOPICS_PER_CONNECTION
    urgent = (b"trades.",)
    rest = RestLimits(WEIGHT_PER_MINUTE)

    def __init__(
        self, accounts: Sequence[str] = (), assumed: DeribitAssumed = subscribe.USUAL
    ) -> None:
        super().__init__(accounts)
        self.assumed = assumed
        self._planned: dict[int, bytes] = {}  # messages by id: each reconnect says them again
        self._single: dict[int, bytes] = {}  # others that are not answered yet

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        def split(symbols: Sequence[str]) -> list[tuple[str, ...]]:
            each = max((len(subscribe.channels(streams, [s])) for s in symbols), default=1)
            return groups(symbols, each, self.topics_per_connection)

        seen: dict[str, None] = {}
        plans = []
        self._planned = {}
        for number, part in self._numbered(split, symbols):
            channels = first_only(subscribe.channels(streams, part), seen)
            most = self.assumed.channels_per_subscribe
            messages = tuple(subscribe.subscribes(channels, most))
            self._planned |= {subscribe.number_of(message): message for message in messages}
            name = connection_name(self.venue, number)
            plans.append(PolledPlan(name, subscribe.URL, messages, tuple(channels), part, streams))
        return plans

    def _accepted(self, frame: bytes) -> subscribe.Accepted | None:
        number = subscribe.answered(frame)
        if number is None:
            return subscribe.accepted(frame)
        asked = self._single.pop(number, None) or self._planned.get(number)
        return subscribe.accepted(frame, () if asked is None else (asked,))

    def _is_of_request(self, said: Said) -> bool:
        """An error is of the request; what is missing from a result is refused by itself."""
        missing = any(reason == subscribe.MISSING for _, reason in said.refused)
        return super()._is_of_request(said) and not missing

    def alone(self, topic: str) -> bytes | None:
        """The request for one channel."""
        [message] = subscribe.subscribes([topic])
        self._single[subscribe.number_of(message)] = message
        return message

    def again(self, symbol: str) -> list[bytes]:
        """Messages after which the book begins anew."""
        messages = subscribe.again(symbol)
        self._single |= {subscribe.number_of(message): message for message in messages}
        return messages

    def heartbeat(self) -> bytes | None:
        """What makes the venue send heartbeats."""
        return subscribe.heartbeat()

    def reply(self, frame: bytes) -> bytes | None:
        """The answer to a `test_request`."""
        return subscribe.reply(frame)

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is of a subscription."""
        return _STREAM in frame

    # -- REST ----------------------------------------------------------------------------------

    def listing_urls(self) -> tuple[str, ...]:
        """The listing, and the 24 h volumes by currency."""
        return (LISTING_URL, *(SUMMARY_URL.format(currency=name) for name in CURRENCIES))

    def page(self, url: str, body: bytes) -> Page:
        """What one of these answers says. Raises Refused."""
        if urlsplit(url).path.endswith("/get_instruments"):
            found = instruments_of(body)
            coins = sorted({i.asset for i in found if i.inverse})
            names = [f"{coin.lower()}_usd" for coin in coins]
            with_volatility = self.assumed.volatility_indices
            names += [f"{c.lower()}_usd{DVOL}" for c in coins if c in with_volatility]
            return Page(instruments=(*found, *map(infer, names)))
        return Page(
            traded=tuple(
                Traded(s.instrument_name, numbers.size(text(s.volume_usd) or "0"), "usd")
                for s in decode(_SUMMARIES, body).result
            )
        )

    def _weight(self, url: str) -> int:
        return LISTING_WEIGHT if urlsplit(url).path.endswith("/get_instruments") else 1
