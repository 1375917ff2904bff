"""Hyperliquid as a pure session: perpetuals, builders' dexes, spot, public account states.

Book    every `l2Book` frame is the whole visible book; no sequence numbers, so only `time` tells
        what is older (hyperliquid_books)
Sides   `side` B: the taker bought; a fill of an account has its own side (hyperliquid_fills)
Numbers prices and sizes are text, sizes are coins; funding is for one hour; open interest is
        one-sided; contexts have no stamp
Seen    live frames of 2026-08 … 2026-09, a recording of 2025-01, an account of 2023-03
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from schemas.control import SHOWN, Reason, Rejected
from schemas.instrument import Instrument
from sources import hyperliquid_listing as listing
from sources import hyperliquid_wire as wire
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.hyperliquid_accounts import account_state
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.hyperliquid_books import Books
from sources.hyperliquid_fills import Fills
from sources.hyperliquid_wire import decode
from sources.in_band import InBand
from sources.wire_numbers import Refused

_GREETING: Final = b"websocket"  # first line of a stream, plain text
_CONTROL: Final = ("subscriptionResponse", "pong")
_NAN: Final = float("nan")

FrameReader = Callable[[Any, InBand], None]


class Hyperliquid:
    """A Reader; what it remembers is bounded by the coins it has met."""

    venue = listing.VENUE

    def __init__(self, assumed: HyperliquidAssumed = listing.USUAL) -> None:
        self.assumed = assumed
        self.books = Books(tops_match_books=assumed.tops_match_books)
        self.fills = Fills(assumed)
        self.universes: dict[str, list[str]] = {}  # dex → coins by position
        self._readers: dict[str | None, FrameReader] = {
            "l2Book": self.books.book,
            "bbo": self.books.top,
            "trades": self.fills.trades,
            "userFills": self.fills.of_account,
            "user": self.fills.of_account,
            "activeAssetCtx": _context,
            "activeSpotAssetCtx": _context,
            "allDexsAssetCtxs": self._all_contexts,
            "clearinghouseState": _account,
            "allDexsClearinghouseState": _account_on_all,
        }

    def infer(self, symbol: str) -> Instrument:
        """What a coin name alone tells."""
        return listing.infer(symbol)

    def read(self, payload: bytes, session: InBand) -> None:
        """Read one frame."""
        if payload[: len(_GREETING)].lower() == _GREETING:
            session.counts["control"] += 1
            return
        try:
            frame = decode(wire.FRAME, payload)
            reader = self._readers.get(frame.channel)
            if reader is not None:
                reader(frame.data, session)
            elif frame.channel in _CONTROL:
                session.counts["control"] += 1
            elif frame.channel == "error":
                session.counts["error"] += 1
            else:
                session.counts[f"unknown:{frame.channel}"] += 1
        except Refused:
            self.books.lose(payload, session)
            raise

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        """Read one REST answer: the fragment of the URL names the question."""
        kind, _, rest = url.partition("#")[2].partition(":")
        if kind == "meta":
            self._learn(decode(wire.META, body), rest, session)
        elif kind == "metaAndAssetCtxs":
            meta, contexts = decode(wire.META_AND_CONTEXTS, body)
            if len(meta.universe) != len(contexts):
                raise Refused(Reason.wrong_type, "not one context for each coin")
            self._learn(meta, rest, session)
            _marks(self.universes[rest], contexts, session)
        elif kind == "spotMeta":
            for instrument in listing.spot_instruments(decode(wire.SPOT_META, body)):
                session.learn(instrument)
        elif kind == "spotMetaAndAssetCtxs":
            spot, _ = decode(wire.SPOT_META_AND_CONTEXTS, body)
            for instrument in listing.spot_instruments(spot):
                session.learn(instrument)
        elif kind == "clearinghouseState":
            user, _, dex = rest.partition(":")
            _emit(user, [(dex, decode(wire.STATE, body))], session)
        else:
            session.counts[f"unknown:{kind}"] += 1

    def _learn(self, meta: wire.Meta, dex: str, session: InBand) -> None:
        universe = listing.universe_of(meta, dex, self.assumed)
        if name := listing.quote_of(meta, self.assumed)[1]:
            session.counts[decided(name)] += 1
        self.universes[dex] = list(universe.coins)
        for instrument in universe.instruments:
            session.learn(instrument)

    def _all_contexts(self, raw: Any, session: InBand) -> None:
        for dex, contexts in decode(wire.ALL_CONTEXTS, raw).ctxs:
            coins = self.universes.get(dex)
            if coins is None or len(coins) != len(contexts):
                # Positions mean nothing without the universe they are of.
                session.counts["no_universe"] += len(contexts)
            else:
                _marks(coins, contexts, session)

    # -- recovery ----------------------------------------------------------------------------

    def lost(self) -> None:
        """The connection starts anew."""
        self.books.lost()
        self.fills.lost()

    def snapshot(self) -> Any:
        """State as plain values."""
        return self.books.snapshot(), self.fills.snapshot(), dict(self.universes)

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        books, fills, universes = state
        self.books.restore(books)
        self.fills.restore(fills)
        self.universes = dict(universes)


def _context(raw: Any, session: InBand) -> None:
    context = decode(wire.CONTEXT, raw)
    _mark(context.coin, context.ctx, session)


def _marks(coins: Sequence[str], contexts: Sequence[wire.Context], session: InBand) -> None:
    """Contexts of a whole dex: one that cannot be used does not take the others with it."""
    batch = session.batch
    for coin, context in zip(coins, contexts, strict=True):
        if not coin:
            session.counts["delisted"] += 1
            continue
        try:
            _mark(coin, context, session)
        except Refused as refused:
            shown = msgspec.json.encode(context)[:SHOWN].decode("utf-8", "replace")
            at = session.connection, batch.line, batch.received_ns, None
            batch.item(Rejected(*at, refused.reason, f"{coin}: {refused.detail}", shown))


def _mark(coin: str, context: wire.Context, session: InBand) -> None:
    mark = numbers.price(context.markPx) if context.markPx else _NAN
    index = numbers.price(context.oraclePx) if context.oraclePx else _NAN
    rate = numbers.number(context.funding or "")
    interval_h = listing.FUNDING_H if context.funding else _NAN
    oi_base = numbers.size(context.openInterest) if context.openInterest else _NAN
    name = listing.meet(coin, session).name
    session.batch.row(name, "mark", 0, mark, index, rate, interval_h, 0, oi_base)


def _account(raw: Any, session: InBand) -> None:
    account = decode(wire.ACCOUNT, raw)
    _emit(account.user, [(account.dex or "", account.clearinghouseState)], session)


def _account_on_all(raw: Any, session: InBand) -> None:
    account = decode(wire.ACCOUNT_ON_ALL, raw)
    _emit(account.user, account.clearinghouseStates, session)


def _emit(user: str, states: Sequence[tuple[str, wire.State]], session: InBand) -> None:
    """All of an account's states or, when one of them is refused, none."""
    batch = session.batch
    place = session.connection, batch.received_ns, batch.line
    for state in [account_state(user, dex, state, place) for dex, state in states]:
        batch.item(state)
