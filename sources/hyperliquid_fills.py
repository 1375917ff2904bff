"""Hyperliquid fills: public `trades`, forced orders in the fills of watched accounts.

Sides   `side` of a public trade is the taker's: B bought, A sold. A fill of an account has the
        account's own side, so a forced order is on that side or on the other
Hash    all zeros: a TWAP slice, or a transfer that the system made (backstop, deleveraging). The
        frame does not tell them apart, and in a crash the transfers are the big ones: no flow
Repeats the first frame of a coin on a stream repeats recent trades (30 of them, up to 50 s old,
        in a recording of 2025-01): what was seen is left out, what is old is no flow of now
        (how old is assumed: hyperliquid_assumed)
"""

from typing import Any, Final

from schemas.control import Reason
from schemas.units import NS_PER_S
from sources import hyperliquid_wire as wire
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.hyperliquid_assumed import HyperliquidAssumed
from sources.hyperliquid_listing import meet
from sources.hyperliquid_remembered import Remembered
from sources.hyperliquid_wire import decode
from sources.in_band import InBand
from sources.wire_numbers import Refused

NO_HASH: Final = "0x" + "0" * 64

TradeRow = tuple[int, int, float, float, int]  # as COLUMNS["trade"]
ForcedRow = tuple[int, float, float, int, int]  # as COLUMNS["liquidation"]


class Fills:
    """What a connection has read of fills."""

    def __init__(self, assumed: HyperliquidAssumed) -> None:
        self.assumed = assumed
        self.old_ns = round(assumed.old_fill_s * NS_PER_S)
        self.opened: set[str] = set()  # coins whose first trades of this stream have come
        self.public = Remembered()
        self.forced = Remembered()

    def trades(self, raw: Any, session: InBand) -> None:
        """Read public trades."""
        trades = [(trade, trade_row(trade)) for trade in decode(wire.TRADES, raw)]
        names = {coin: meet(coin, session).name for coin in {t.coin: None for t, _ in trades}}
        first = names.keys() - self.opened
        floor_ms = {coin: self.public.floor_ms(coin) for coin in first}
        self.opened |= first
        for trade, (venue_ns, number, px, size_base, taker) in trades:
            coin, at_ms = trade.coin, trade.time
            seen = at_ms <= floor_ms.get(coin, -1)
            if seen or not self.public.is_new(coin, number, at_ms):
                session.counts["repeated"] += 1
                continue
            old = coin in first and session.batch.received_ns - venue_ns > self.old_ns
            if old or taker == 0:
                session.counts[decided("old_fill_s") if old else "no_flow"] += 1
            flow = 0 if old else taker
            session.batch.row(names[coin], "trade", venue_ns, number, px, size_base, flow)

    def of_account(self, raw: Any, session: InBand) -> None:
        """Read fills of a watched account, for the forced orders among them."""
        message = decode(wire.USER_FILLS, raw)
        if message.fills is None:
            session.counts["event"] += 1  # funding, a liquidation's summary without prices, …
            return
        if message.isSnapshot:
            session.counts["history"] += len(message.fills)  # of any age: nothing of now
            return
        forced = [fill for fill in message.fills if fill.liquidation is not None]
        told = [owner_of(fill, message.user, self.assumed) for fill in forced]
        rows = [forced_row(fill, own) for fill, (own, _) in zip(forced, told, strict=True)]
        if len(forced) < len(message.fills):
            session.counts["fill"] += len(message.fills) - len(forced)
        for fill, row, (_, name) in zip(forced, rows, told, strict=True):
            if row is None:
                session.counts["unknown_side"] += 1
            elif self.forced.is_new(fill.coin, fill.tid, fill.time):
                session.batch.row(meet(fill.coin, session).name, "liquidation", *row)
                if name:
                    session.counts[decided(name)] += 1
            else:
                session.counts["repeated"] += 1  # both accounts of the fill are watched

    # -- recovery ----------------------------------------------------------------------------

    def lost(self) -> None:
        """A new stream: its first trades repeat old ones, so what was seen is not forgotten."""
        self.opened.clear()

    def snapshot(self) -> Any:
        """State as plain values."""
        return sorted(self.opened), self.public.snapshot(), self.forced.snapshot()

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        opened, public, forced = state
        self.opened = set(opened)
        self.public.restore(public)
        self.forced.restore(forced)


def trade_row(trade: wire.Trade) -> TradeRow:
    """One public trade. Raises Refused."""
    size_base = numbers.size(trade.sz)
    ordinary = trade.hash != NO_HASH and size_base > 0.0
    taker = (1 if trade.side == "B" else -1) if ordinary else 0
    number, px = numbers.identifier(trade.tid), numbers.price(trade.px)
    return numbers.stamp_ns(trade.time), number, px, size_base, taker


def forced_row(fill: wire.Fill, own: bool | None) -> ForcedRow | None:
    """A forced order in a fill; `own` as `owner_of` says: None when its side cannot be told.

    Only watched accounts are seen, so the row says that the venue publishes a part. Raises
    Refused.
    """
    numbers.identifier(fill.tid)
    venue_ns, px = numbers.stamp_ns(fill.time), numbers.price(fill.px)
    size_base = numbers.size(fill.sz)
    if size_base <= 0.0:
        raise Refused(Reason.bad_size, "a forced order without a fill")
    if own is None:
        return None
    sold = (fill.side == "A") == own
    return venue_ns, px, size_base, 1 if sold else -1, 1


def owner_of(fill: wire.Fill, user: str, assumed: HyperliquidAssumed) -> tuple[bool | None, str]:
    """Whether the account of a fill, `user` ("" unknown), is the liquidated one; None: not told.

    And the assumption that it rests on ("" none).
    """
    forced = fill.liquidation or wire.Forced()
    if user and forced.liquidatedUser:
        return user.lower() == forced.liquidatedUser.lower(), ""
    if fill.dir.startswith(tuple(assumed.liquidated_words)):
        return True, "liquidated_words"
    if fill.dir in assumed.deleveraged_words:
        return False, "deleveraged_words"
    own = fill.crossed if forced.method == "market" else None  # a forced market order takes
    return own, ""
