"""A pool of constant product, as Uniswap v2 has it: x·y does not fall, 0.3 % of what comes in."""

from sources.simulator.chain.contract import Contract, Frame, require
from sources.simulator.chain.token import Token
from sources.simulator.chain.words import Event

SYNC = Event("Sync(uint112,uint112)")
SWAP = Event("Swap(address,uint256,uint256,uint256,uint256,address)", 0, 5)
MINT = Event("Mint(address,uint256,uint256)", 0)


def amount_out(amount_in: int, reserve_in: int, reserve_out: int) -> int:
    """What comes out, rounded down.

    >>> amount_out(50_000 * 10**6, 1_000_000 * 10**6, 400 * 10**18)
    18993189503262370814
    """
    paid = amount_in * 997
    return paid * reserve_out // (reserve_in * 1000 + paid)


def amount_in(out: int, reserve_in: int, reserve_out: int) -> int:
    """What must come in, rounded up; `out` is less than its reserve."""
    return reserve_in * out * 1000 // ((reserve_out - out) * 997) + 1


class ConstantProductPool(Contract):
    """A pool of two tokens, the lower address first."""

    def __init__(self, address: str, token0: Token, token1: Token) -> None:
        super().__init__(address)
        self.token0, self.token1 = token0, token1
        self.expose("getReserves()", self._reserves, "(uint112,uint112,uint32)")
        self.expose("token0()", lambda *_: (token0.address,), "(address)")
        self.expose("token1()", lambda *_: (token1.address,), "(address)")

    def reserves(self, frame: Frame) -> tuple[int, int]:
        """Both reserves."""
        found: tuple[int, int] = frame.state.get(("reserves", self.address), (0, 0))
        return found

    def mint(self, frame: Frame, payer: str, give0: int, give1: int) -> None:
        """Liquidity from the first and only provider. Raises Revert."""
        self.token0.move(frame, payer, self.address, give0)
        self.token1.move(frame, payer, self.address, give1)
        have = self.reserves(frame)
        self._sync(frame, have[0] + give0, have[1] + give1)
        frame.emit(self.address, MINT, payer, give0, give1)

    def swap_in(self, frame: Frame, sender: str, payer: str, to: str, token: str,
                amount: int) -> int:  # fmt: skip
        """Swap so much of a token; what came out. Raises Revert."""
        zero_for_one = token == self.token0.address
        reserves = self.reserves(frame)
        have_in, have_out = reserves if zero_for_one else reserves[::-1]
        out = amount_out(amount, have_in, have_out)
        require(amount > 0 and out > 0, "UniswapV2: INSUFFICIENT_LIQUIDITY")
        into, out_of = (self.token0, self.token1) if zero_for_one else (self.token1, self.token0)
        into.move(frame, payer, self.address, amount)
        out_of.move(frame, self.address, to, out)
        ins, outs = ((amount, 0), (0, out)) if zero_for_one else ((0, amount), (out, 0))
        self._sync(frame, reserves[0] + ins[0] - outs[0], reserves[1] + ins[1] - outs[1])
        frame.emit(self.address, SWAP, sender, *ins, *outs, to)
        return out

    def needed(self, frame: Frame, token: str, out: int) -> int:
        """How much of a token must come in for so much of the other. Raises Revert."""
        reserves = self.reserves(frame)
        have_in, have_out = reserves if token == self.token0.address else reserves[::-1]
        require(0 < out < have_out, "UniswapV2: INSUFFICIENT_LIQUIDITY")
        return amount_in(out, have_in, have_out)

    def _sync(self, frame: Frame, reserve0: int, reserve1: int) -> None:
        frame.state.set(("reserves", self.address), (reserve0, reserve1))
        frame.state.set(("synced", self.address), frame.timestamp_s)
        frame.emit(self.address, SYNC, reserve0, reserve1)

    def _reserves(self, frame: Frame, _: str) -> tuple[int, int, int]:
        synced = frame.state.get(("synced", self.address))
        return (*self.reserves(frame), synced % (1 << 32))
