"""A pool with concentrated liquidity, as Uniswap v3 has it: ranges, ticks, Swap, Mint and Burn.

Fees stay in the pool; nobody collects them here. A tick's net liquidity is added when the price
crosses it upwards.
"""

from dataclasses import dataclass
from math import isqrt

from sources.simulator.chain.contract import Contract, Frame, require
from sources.simulator.chain.swap_step import amount0, amount1, swap_step
from sources.simulator.chain.tick_math import (
    LEAST_SQRT,
    LEAST_TICK,
    MOST_SQRT,
    MOST_TICK,
    Q96,
    sqrt_price_at,
    tick_at,
)
from sources.simulator.chain.token import Token
from sources.simulator.chain.words import Event

INITIALIZE = Event("Initialize(uint160,int24)")
SWAP = Event("Swap(address,address,int256,int256,uint160,uint128,int24)", 0, 1)
MINT = Event("Mint(address,address,int24,int24,uint128,uint256,uint256)", 1, 2, 3)
BURN = Event("Burn(address,int24,int24,uint128,uint256,uint256)", 0, 1, 2)
COLLECT = Event("Collect(address,address,int24,int24,uint128,uint128)", 0, 2, 3)


@dataclass(frozen=True, slots=True)
class Slot:
    """Price, tick and liquidity in range."""

    sqrt_price: int = 0
    tick: int = 0
    liquidity: int = 0


class ConcentratedPool(Contract):
    """A pool of two tokens, the lower address first. `fee_e6` of what comes in."""

    def __init__(
        self, address: str, token0: Token, token1: Token, fee_e6: int, spacing: int
    ) -> None:
        super().__init__(address)
        self.token0, self.token1 = token0, token1
        self.fee_e6 = fee_e6
        self.spacing = spacing
        self.expose("slot0()", self._slot0, "(uint160,int24,uint16,uint16,uint16,uint8,bool)")
        self.expose("liquidity()", lambda f, _: (self.slot(f).liquidity,), "(uint128)")
        self.expose("token0()", lambda *_: (token0.address,), "(address)")
        self.expose("token1()", lambda *_: (token1.address,), "(address)")
        self.expose("fee()", lambda *_: (fee_e6,), "(uint24)")
        self.expose("tickSpacing()", lambda *_: (spacing,), "(int24)")
        self.expose("tickBitmap(int16)", self._bitmap, "(uint256)")
        self.expose(
            "ticks(int24)", self._tick,
            "(uint128,int128,uint256,uint256,int56,uint160,uint32,bool)",
        )  # fmt: skip

    def slot(self, frame: Frame) -> Slot:
        """Where the pool stands."""
        found: Slot = frame.state.get(("slot", self.address), Slot())
        return found

    def ticks(self, frame: Frame) -> tuple[tuple[int, int, int], ...]:
        """(tick, net, gross) of all initialised ticks, rising."""
        found: tuple[tuple[int, int, int], ...] = frame.state.get(("ticks", self.address), ())
        return found

    def initialize(self, frame: Frame, amount_1: int, amount_0: int) -> None:
        """Begin at a price of amount_1 / amount_0 of token 1 per token 0."""
        sqrt_price = isqrt((amount_1 << 192) // amount_0)
        slot = Slot(sqrt_price, tick_at(sqrt_price), 0)
        frame.state.set(("slot", self.address), slot)
        frame.emit(self.address, INITIALIZE, slot.sqrt_price, slot.tick)

    # -- liquidity -------------------------------------------------------------------------------

    def liquidity_for(self, frame: Frame, low: int, high: int, have0: int, have1: int) -> int:
        """The most liquidity that amounts give in a range."""
        a, b = sqrt_price_at(low), sqrt_price_at(high)
        at = min(b, max(a, self.slot(frame).sqrt_price))
        by0 = have0 * (at * b // Q96) // (b - at) if at < b else None
        by1 = have1 * Q96 // (at - a) if at > a else None
        return min(one for one in (by0, by1) if one is not None)

    def mint(self, frame: Frame, payer: str, owner: str, low: int, high: int,
             liquidity: int) -> tuple[int, int]:  # fmt: skip
        """Add liquidity to a range; what was paid. Raises Revert."""
        require(liquidity > 0 and low < high, "TLU")
        require(low % self.spacing == 0 and high % self.spacing == 0, "TS")
        paid = self._amounts(frame, low, high, liquidity, round_up=True)
        self._change(frame, owner, low, high, liquidity)
        self.token0.move(frame, payer, self.address, paid[0])
        self.token1.move(frame, payer, self.address, paid[1])
        frame.emit(self.address, MINT, owner, owner, low, high, liquidity, *paid)
        return paid

    def burn(self, frame: Frame, owner: str, to: str, low: int, high: int,
             liquidity: int) -> tuple[int, int]:  # fmt: skip
        """Take liquidity from a range and hand it out. Raises Revert."""
        held = frame.state.get(("position", self.address, owner, low, high))
        require(0 < liquidity <= held, "LS")
        owed = self._amounts(frame, low, high, liquidity, round_up=False)
        self._change(frame, owner, low, high, -liquidity)
        frame.emit(self.address, BURN, owner, low, high, liquidity, *owed)
        self.token0.move(frame, self.address, to, owed[0])
        self.token1.move(frame, self.address, to, owed[1])
        frame.emit(self.address, COLLECT, owner, to, low, high, *owed)
        return owed

    def _amounts(
        self, frame: Frame, low: int, high: int, liquidity: int, *, round_up: bool
    ) -> tuple[int, int]:
        a, b = sqrt_price_at(low), sqrt_price_at(high)
        at = min(b, max(a, self.slot(frame).sqrt_price))
        return (
            amount0(at, b, liquidity, round_up=round_up),
            amount1(a, at, liquidity, round_up=round_up),
        )

    def _change(self, frame: Frame, owner: str, low: int, high: int, liquidity: int) -> None:
        key = ("position", self.address, owner, low, high)
        frame.state.set(key, frame.state.get(key) + liquidity)
        known = {tick: (net, gross) for tick, net, gross in self.ticks(frame)}
        for tick, sign in ((low, 1), (high, -1)):
            net, gross = known.get(tick, (0, 0))
            known[tick] = (net + sign * liquidity, gross + liquidity)
        left = sorted((tick, net, gross) for tick, (net, gross) in known.items() if gross)
        frame.state.set(("ticks", self.address), tuple(left))
        slot = self.slot(frame)
        if low <= slot.tick < high:
            moved = Slot(slot.sqrt_price, slot.tick, slot.liquidity + liquidity)
            frame.state.set(("slot", self.address), moved)

    # -- swaps -----------------------------------------------------------------------------------

    def swap(self, frame: Frame, sender: str, payer: str, recipient: str, amount: int, limit: int,
             *, zero_for_one: bool) -> tuple[int, int]:  # fmt: skip
        """Swap until the amount (> 0 in, < 0 out) or the price limit is reached.

        The amounts of both tokens as the pool sees them: positive came in. Raises Revert.
        """
        slot = self.slot(frame)
        if not limit:
            limit = LEAST_SQRT + 1 if zero_for_one else MOST_SQRT - 1
        inside = limit < slot.sqrt_price if zero_for_one else limit > slot.sqrt_price
        require(amount != 0 and inside, "SPL")
        nets = {tick: net for tick, net, _ in self.ticks(frame)}
        price, liquidity, tick = slot.sqrt_price, slot.liquidity, slot.tick
        remaining, came, went = amount, 0, 0
        while remaining and price != limit:
            ahead = self._next(nets, tick, zero_for_one=zero_for_one)
            end = sqrt_price_at(ahead)
            target = max(end, limit) if zero_for_one else min(end, limit)
            step = swap_step(price, target, liquidity, remaining, self.fee_e6)
            paid = step.amount_in + step.fee
            came, went = came + paid, went + step.amount_out
            remaining += -paid if amount > 0 else step.amount_out
            if step.sqrt_price == end:
                net = nets.get(ahead, 0)
                liquidity += -net if zero_for_one else net
                tick = ahead - 1 if zero_for_one else ahead
            elif step.sqrt_price != price:
                tick = tick_at(step.sqrt_price)
            price = step.sqrt_price
        frame.state.set(("slot", self.address), Slot(price, tick, liquidity))
        moved0, moved1 = (came, -went) if zero_for_one else (-went, came)
        into, out_of = (self.token0, self.token1) if zero_for_one else (self.token1, self.token0)
        out_of.move(frame, self.address, recipient, went)
        into.move(frame, payer, self.address, came)
        frame.emit(self.address, SWAP, sender, recipient, moved0, moved1, price, liquidity, tick)
        return moved0, moved1

    def _next(self, nets: dict[int, int], tick: int, *, zero_for_one: bool) -> int:
        """The next tick to stop at: initialised, or the end of a word of the bitmap."""
        place = tick // self.spacing
        if zero_for_one:
            first = (place >> 8 << 8) * self.spacing
            found = [t for t in nets if first <= t <= tick]
            return max(found) if found else max(first, LEAST_TICK)
        last = ((place + 1 >> 8 << 8) + 255) * self.spacing
        found = [t for t in nets if tick < t <= last]
        return min(found) if found else min(last, MOST_TICK)

    # -- views -----------------------------------------------------------------------------------

    def _slot0(self, frame: Frame, _: str) -> tuple[int, int, int, int, int, int, bool]:
        slot = self.slot(frame)
        return slot.sqrt_price, slot.tick, 0, 1, 1, 0, True

    def _bitmap(self, frame: Frame, _: str, place: int) -> tuple[int]:
        bits = 0
        for tick, _net, _gross in self.ticks(frame):
            word, bit = divmod(tick // self.spacing, 256)
            if word == place:
                bits |= 1 << bit
        return (bits,)

    def _tick(
        self, frame: Frame, _: str, tick: int
    ) -> tuple[int, int, int, int, int, int, int, bool]:
        for at, net, gross in self.ticks(frame):
            if at == tick:
                return gross, net, 0, 0, 0, 0, 0, True
        return 0, 0, 0, 0, 0, 0, 0, False
