"""Balances of a lending market that grow with an index: deposits (aToken) and variable debt.

    balance = scaled · index / 1e27

Mint's `value` contains the interest since the account's last log, Burn's does not; a Mint whose
value is less than that interest is a burn that was smaller than it.
"""

from collections.abc import Callable

from sources.simulator.chain.contract import Contract, Frame, require
from sources.simulator.chain.ray import ray_div, ray_mul
from sources.simulator.chain.token import TRANSFER
from sources.simulator.chain.words import ZERO, Event

MINT = Event("Mint(address,address,uint256,uint256,uint256)", 0, 1)
BURN = Event("Burn(address,address,uint256,uint256,uint256)", 0, 1)
BALANCE_TRANSFER = Event("BalanceTransfer(address,address,uint256,uint256)", 0, 1)

Index = Callable[[Frame], int]


class ScaledToken(Contract):
    """An aToken or a debt token. `index` is what a scaled balance is multiplied with now."""

    def __init__(
        self, address: str, symbol: str, decimals: int, underlying: str, index: Index
    ) -> None:
        super().__init__(address)
        self._index = index
        self.expose("symbol()", lambda *_: (symbol,), "(string)")
        self.expose("decimals()", lambda *_: (decimals,), "(uint8)")
        self.expose("UNDERLYING_ASSET_ADDRESS()", lambda *_: (underlying,), "(address)")
        self.expose("balanceOf(address)", lambda f, _, w: (self.balance(f, w),), "(uint256)")
        self.expose("scaledBalanceOf(address)", lambda f, _, w: (self.scaled(f, w),), "(uint256)")
        self.expose("scaledTotalSupply()", lambda f, _: (self.total(f),), "(uint256)")
        self.expose("totalSupply()", lambda f, _: (ray_mul(self.total(f), index(f)),), "(uint256)")

    def scaled(self, frame: Frame, who: str) -> int:
        """Scaled balance."""
        return int(frame.state.get(("scaled", self.address, who)))

    def total(self, frame: Frame) -> int:
        """Scaled balance of all."""
        return int(frame.state.get(("scaled", self.address)))

    def balance(self, frame: Frame, who: str) -> int:
        """What the scaled balance is worth now."""
        return ray_mul(self.scaled(frame, who), self._index(frame))

    def mint(self, frame: Frame, caller: str, who: str, amount: int, index: int) -> None:
        """Add an amount. Raises Revert when it is less than one scaled unit."""
        scaled = ray_div(amount, index)
        require(scaled > 0, "INVALID_MINT_AMOUNT")
        grown = self._grown(frame, who, index)
        self._change(frame, who, scaled)
        value = amount + grown
        frame.emit(self.address, TRANSFER, ZERO, who, value)
        frame.emit(self.address, MINT, caller, who, value, grown, index)

    def burn(self, frame: Frame, who: str, target: str, amount: int, index: int) -> None:
        """Take an amount away. Raises Revert."""
        scaled = ray_div(amount, index)
        require(0 < scaled <= self.scaled(frame, who), "INVALID_BURN_AMOUNT")
        grown = self._grown(frame, who, index)
        self._change(frame, who, -scaled)
        if grown > amount:
            frame.emit(self.address, TRANSFER, ZERO, who, grown - amount)
            frame.emit(self.address, MINT, who, who, grown - amount, grown, index)
        else:
            frame.emit(self.address, TRANSFER, who, ZERO, amount - grown)
            frame.emit(self.address, BURN, who, target, amount - grown, grown, index)

    def transfer(self, frame: Frame, sender: str, to: str, amount: int, index: int) -> None:
        """Move an amount; never more than there is."""
        scaled = min(ray_div(amount, index), self.scaled(frame, sender))
        for who, change in ((sender, -scaled), (to, scaled)):
            grown = self._grown(frame, who, index)
            self._change(frame, who, change)
            if grown:
                frame.emit(self.address, TRANSFER, ZERO, who, grown)
                frame.emit(self.address, MINT, sender, who, grown, grown, index)
        frame.emit(self.address, TRANSFER, sender, to, amount)
        frame.emit(self.address, BALANCE_TRANSFER, sender, to, scaled, index)

    def _grown(self, frame: Frame, who: str, index: int) -> int:
        """Interest since the account's last log; the index is noted."""
        key = ("index", self.address, who)
        before = frame.state.get(key)
        frame.state.set(key, index)
        scaled = self.scaled(frame, who)
        return ray_mul(scaled, index) - ray_mul(scaled, before)

    def _change(self, frame: Frame, who: str, scaled: int) -> None:
        frame.state.set(("scaled", self.address, who), self.scaled(frame, who) + scaled)
        frame.state.set(("scaled", self.address), self.total(frame) + scaled)
