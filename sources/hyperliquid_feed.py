"""Hyperliquid as a feed: shards within the limits of one address, accounts on the first of them.

Listing and 24 h volumes are one answer, of each dex and of spot. Questions are POSTs: the fragment
of a URL says which (`hyperliquid_subscribe.request_body`).
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from schemas.control import Reason
from schemas.errors import UsageError
from sources import hyperliquid_subscribe as subscribe
from sources import hyperliquid_wire as wire
from sources import wire_numbers as numbers
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.hyperliquid_listing import VENUE, spot_instruments, universe_of
from sources.instruments import Page, Traded
from sources.live.feed import Request, RestLimits
from sources.venue_feed import PolledPlan, VenueFeed, connection_name, groups
from sources.wire_numbers import Refused

USUAL: Final = HyperliquidAssumed()
MESSAGES_PER_S: Final = 10.0  # ours: 2000 a minute are allowed for all connections together
WEIGHT_PER_MINUTE: Final = 1200
ORDINARY_WEIGHT: Final = 20
CHEAP: Final = ("clearinghouseState",)
CHEAP_WEIGHT: Final = 2

_CONTROL: Final = (b'"subscriptionResponse"', b'"pong"', b'"error"')
_CHANNEL: Final = b'"channel"'


class _Context(Struct):
    dayNtlVlm: str | None = None  # USD
    markPx: str | None = None
    coin: str | None = None  # of spot only


class _Dex(Struct):
    name: str


_PERPETUALS: Final = msgspec.json.Decoder(tuple[wire.Meta, list[_Context]])
_SPOT: Final = msgspec.json.Decoder(tuple[wire.SpotMeta, list[_Context]])
_DEXES: Final = msgspec.json.Decoder(list[_Dex | None])  # null is the main one


class HyperliquidFeed(VenueFeed):
    """Coins and, with addresses, accounts."""

    venue = VENUE
    streams = default_streams = subscribe.STREAMS
    most_accounts = subscribe.ACCOUNTS_PER_IP
    account_form = "0x[0-9a-fA-F]{40}"
    account_words = "0x and 40 hexadecimal digits"
    heartbeat_s = subscribe.HEARTBEAT_S
    connections_per_minute = subscribe.NEW_CONNECTIONS_PER_MINUTE
    messages_per_s = MESSAGES_PER_S
    urgent = (b"userFills",)
    rest = RestLimits(WEIGHT_PER_MINUTE)

    def __init__(self, accounts: Sequence[str] = (), assumed: HyperliquidAssumed = USUAL) -> None:
        super().__init__(accounts)
        self.assumed = assumed
        self.topics_per_connection = subscribe.SUBSCRIPTIONS_PER_IP // assumed.connections_per_ip

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        of_coin = len(subscribe.subscriptions(streams, ["BTC"]))
        of_accounts = len(subscribe.subscriptions(streams, [], accounts=self.accounts))
        if of_coin * len(symbols) + of_accounts > subscribe.SUBSCRIPTIONS_PER_IP:
            message = (
                f"{self.venue} takes {subscribe.SUBSCRIPTIONS_PER_IP} subscriptions, not "
                f"{of_coin * len(symbols) + of_accounts}: choose fewer instruments or streams"
            )
            raise UsageError(message)
        room = self.topics_per_connection - of_accounts
        plans = []

        def split(symbols: Sequence[str]) -> list[tuple[str, ...]]:
            return groups(symbols, of_coin, room) or [()]

        for number, part in self._numbered(split, symbols):
            accounts = self.accounts if number == 1 else ()
            messages = tuple(subscribe.subscriptions(streams, part, accounts=accounts))
            expected = tuple(subscribe.channels(messages))
            name = connection_name(self.venue, number)
            plans.append(PolledPlan(name, subscribe.URL, messages, expected, part, streams))
        return plans

    def _accepted(self, frame: bytes) -> subscribe.Accepted | None:
        return subscribe.accepted(frame)

    def again(self, symbol: str) -> list[bytes]:
        """Messages that leave and subscribe a book anew."""
        return subscribe.again(symbol)

    def heartbeat(self) -> bytes | None:
        """A ping; its answer is idle."""
        return subscribe.heartbeat()

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is of a subscription."""
        return _CHANNEL in frame and not any(word in frame for word in _CONTROL)

    # -- REST ----------------------------------------------------------------------------------

    def listing_urls(self) -> tuple[str, ...]:
        """The main dex, spot, and which other dexes there are."""
        kinds = ("metaAndAssetCtxs", "spotMetaAndAssetCtxs", "perpDexs")
        return tuple(f"{subscribe.INFO_URL}#{kind}" for kind in kinds)

    def page(self, url: str, body: bytes) -> Page:
        """What one of these answers says. Raises Refused."""
        kind, _, dex = url.partition("#")[2].partition(":")
        if kind == "perpDexs":
            names = [found.name for found in wire.decode(_DEXES, body) if found is not None]
            more = (f"{subscribe.INFO_URL}#metaAndAssetCtxs:{name}" for name in names)
            return Page(more=tuple(more))
        if kind == "spotMetaAndAssetCtxs":
            spot, contexts = wire.decode(_SPOT, body)
            traded = (_traded(context.coin or "", context) for context in contexts)
            return Page(tuple(spot_instruments(spot)), tuple(traded))
        meta, contexts = wire.decode(_PERPETUALS, body)
        universe = universe_of(meta, dex, self.assumed)
        if len(universe.coins) != len(contexts):
            raise Refused(Reason.wrong_type, "not one context for each coin")
        pairs = zip(universe.coins, contexts, strict=True)
        return Page(universe.instruments, tuple(_traded(coin, c) for coin, c in pairs if coin))

    def request(self, url: str) -> Request:
        """A POST of the question in the URL's fragment. Raises UsageError when there is none."""
        where, _, question = url.partition("#")
        cheap = question.partition(":")[0] in CHEAP
        weight = CHEAP_WEIGHT if cheap else ORDINARY_WEIGHT
        return Request(where, "POST", subscribe.request_body(url), weight)


def _traded(coin: str, context: _Context) -> Traded:
    volume, last = numbers.size(context.dayNtlVlm or "0"), numbers.size(context.markPx or "0")
    return Traded(coin, volume, "usd", last)
