"""An ERC-20 token: balances, and a Transfer log for every move. Nobody needs an allowance here."""

from sources.simulator.chain.contract import Contract, Frame, require
from sources.simulator.chain.words import ZERO, Event

TRANSFER = Event("Transfer(address,address,uint256)", 0, 1)
APPROVAL = Event("Approval(address,address,uint256)", 0, 1)


class Token(Contract):
    """A token of so many decimals."""

    def __init__(self, address: str, symbol: str, decimals: int) -> None:
        super().__init__(address)
        self.symbol = symbol
        self.decimals = decimals
        self.unit: int = 10**decimals
        self.expose("symbol()", lambda _, __: (symbol,), "(string)")
        self.expose("name()", lambda _, __: (symbol,), "(string)")
        self.expose("decimals()", lambda _, __: (decimals,), "(uint8)")
        self.expose("totalSupply()", lambda frame, _: (self.supply(frame),), "(uint256)")
        self.expose(
            "balanceOf(address)", lambda frame, _, who: (self.balance(frame, who),), "(uint256)"
        )
        self.expose("transfer(address,uint256)", self._transfer, "(bool)")
        self.expose("approve(address,uint256)", self._approve, "(bool)")

    def balance(self, frame: Frame, who: str) -> int:
        """What somebody has."""
        return int(frame.state.get(("balance", self.address, who)))

    def supply(self, frame: Frame) -> int:
        """What all have."""
        return int(frame.state.get(("supply", self.address)))

    def move(self, frame: Frame, sender: str, recipient: str, amount: int) -> None:
        """Move tokens. Raises Revert when there are too few."""
        have = self.balance(frame, sender)
        require(have >= amount, "ERC20: transfer amount exceeds balance")
        frame.state.set(("balance", self.address, sender), have - amount)
        self._give(frame, recipient, amount)
        frame.emit(self.address, TRANSFER, sender, recipient, amount)

    def mint(self, frame: Frame, who: str, amount: int) -> None:
        """New tokens for somebody."""
        frame.state.set(("supply", self.address), self.supply(frame) + amount)
        self._give(frame, who, amount)
        frame.emit(self.address, TRANSFER, ZERO, who, amount)

    def _give(self, frame: Frame, who: str, amount: int) -> None:
        frame.state.set(("balance", self.address, who), self.balance(frame, who) + amount)

    def _transfer(self, frame: Frame, sender: str, to: str, amount: int) -> tuple[bool]:
        self.move(frame, sender, to, amount)
        return (True,)

    def _approve(self, frame: Frame, sender: str, spender: str, amount: int) -> tuple[bool]:
        frame.emit(self.address, APPROVAL, sender, spender, amount)
        return (True,)
