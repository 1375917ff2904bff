"""The position manager of v3 pools: liquidity by number, added and taken with real signatures."""

from collections.abc import Callable

from sources.simulator.chain.contract import Contract, Frame, require
from sources.simulator.chain.routers import Pools
from sources.simulator.chain.words import Event

INCREASE = Event("IncreaseLiquidity(uint256,uint128,uint256,uint256)", 0)
DECREASE = Event("DecreaseLiquidity(uint256,uint128,uint256,uint256)", 0)
MINT = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
DECREASE_CALL = "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))"

Wanted = tuple[str, str, int, int, int, int, int, int, int, str, int]


class Positions(Contract):
    """Owns the liquidity that it puts into pools for others."""

    def __init__(self, address: str, pools: Pools) -> None:
        super().__init__(address)
        self._pools = pools
        mint: Callable[..., object] = self._mint
        self.expose(MINT, mint, "(uint256,uint128,uint256,uint256)")
        self.expose(DECREASE_CALL, self._decrease, "(uint256,uint256)")

    def known(self, frame: Frame, number: int) -> tuple[str, str, int, int, int, int]:
        """Tokens, fee, range and liquidity of a position. Raises Revert."""
        found: tuple[str, str, int, int, int, int] = frame.state.get(("nft", number), None)
        require(found is not None, "Invalid token ID")
        return found

    def owned(self, frame: Frame, owner: str) -> tuple[int, ...]:
        """Numbers of an owner's positions, oldest first."""
        found: tuple[int, ...] = frame.state.get(("nfts", owner), ())
        return found

    def _mint(self, frame: Frame, sender: str, p: Wanted) -> tuple[int, int, int, int]:
        one, other, fee, low, high, have0, have1, least0, least1, to, deadline = p
        require(frame.timestamp_s <= deadline, "Transaction too old")
        pool = self._pools.range(one, other, fee)
        liquidity = pool.liquidity_for(frame, low, high, have0, have1)
        paid = pool.mint(frame, sender, self.address, low, high, liquidity)
        require(paid[0] >= least0 and paid[1] >= least1, "Price slippage check")
        number = frame.state.get("nft count") + 1
        frame.state.set("nft count", number)
        frame.state.set(("nft", number), (one, other, fee, low, high, liquidity))
        frame.state.set(("nfts", to), (*self.owned(frame, to), number))
        frame.emit(self.address, INCREASE, number, liquidity, *paid)
        return number, liquidity, *paid

    def _decrease(
        self, frame: Frame, sender: str, p: tuple[int, int, int, int, int]
    ) -> tuple[int, int]:
        number, liquidity, _, _, deadline = p
        require(frame.timestamp_s <= deadline, "Transaction too old")
        require(number in self.owned(frame, sender), "Not approved")
        one, other, fee, low, high, have = self.known(frame, number)
        pool = self._pools.range(one, other, fee)
        require(liquidity <= have, "too much")
        owed = pool.burn(frame, self.address, sender, low, high, liquidity)
        frame.state.set(("nft", number), (one, other, fee, low, high, have - liquidity))
        if liquidity == have:
            left = tuple(k for k in self.owned(frame, sender) if k != number)
            frame.state.set(("nfts", sender), left)
        frame.emit(self.address, DECREASE, number, liquidity, *owed)
        return owed
