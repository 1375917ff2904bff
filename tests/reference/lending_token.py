"""An aToken or debt token of Aave as a contract: it keeps scaled balances and says what it says.

Three eras: "v2" (amounts alone, half up), "v3.0" (interest booked in the same event, half up),
"v3.5" (rounded for the protocol; events tell differences of rounded balances).
"""

from fractions import Fraction
from math import ceil, floor

RAY = 10**27

Said = tuple[str, ...] | tuple[str, str, int, int, int] | tuple[str, str, str, int, int]


def nearest(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


class Token:
    """Balances of one reserve on one side."""

    def __init__(self, era: str, debt: bool) -> None:
        self.era, self.debt = era, debt
        self.scaled: dict[str, int] = {}
        self.last: dict[str, int] = {}

    def balance(self, scaled: int, index: int) -> int:
        exact = Fraction(scaled * index, RAY)
        if self.era != "v3.5":
            return nearest(exact)
        return ceil(exact) if self.debt else floor(exact)

    def _scale(self, amount: int, index: int, in_favour_of_owner: bool) -> int:
        exact = Fraction(amount * RAY, index)
        if self.era != "v3.5":
            return nearest(exact)
        return ceil(exact) if in_favour_of_owner else floor(exact)

    def mint(self, account: str, amount: int, index: int) -> list[Said]:
        """Supply or borrow."""
        return self._move(account, self._scale(amount, index, self.debt), amount, index, +1)

    def burn(self, account: str, amount: int, index: int) -> list[Said]:
        """Withdraw or repay."""
        step = self._scale(amount, index, not self.debt)
        return self._move(account, min(step, self.scaled.get(account, 0)), amount, index, -1)

    def burn_all(self, account: str, index: int) -> list[Said]:
        """Withdraw or repay whatever there is."""
        return self.burn(account, self.balance(self.scaled.get(account, 0), index), index)

    def transfer(self, sender: str, recipient: str, amount: int, index: int) -> list[Said]:
        """An aToken's: v2 says the amount, later ones the scaled amount."""
        step = min(self._scale(amount, index, True), self.scaled.get(sender, 0))
        said: list[Said] = []
        for name in (sender, recipient):
            if self.era != "v2":
                held = self.scaled.get(name, 0)
                interest = self.balance(held, index) - self.balance(held, self.last.get(name, RAY))
                if interest > 0:
                    said.append(("mint", name, interest, interest, index))
            self.last[name] = index
        self.scaled[sender] = self.scaled.get(sender, 0) - step
        self.scaled[recipient] = self.scaled.get(recipient, 0) + step
        return [*said, ("transfer", sender, recipient, amount if self.era == "v2" else step, index)]

    def _move(self, account: str, step: int, amount: int, index: int, sign: int) -> list[Said]:
        before = self.scaled.get(account, 0)
        interest = self.balance(before, index) - self.balance(before, self.last.get(account, RAY))
        self.last[account] = index
        self.scaled[account] = before + sign * step
        if self.era == "v2":
            return [("mint" if sign > 0 else "burn", account, amount, 0, index)]
        if self.era == "v3.5":
            change = self.balance(before + sign * step, index) - self.balance(before, index)
        else:
            change = sign * amount
        net = change + interest  # what the account sees on top of its old balance
        if sign > 0 or net > 0:
            return [("mint", account, net, interest, index)]
        return [("burn", account, -net, interest, index)]
