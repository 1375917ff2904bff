"""Accounts and e-mode categories of an Aave v3 pool, whose reserves are known.

Bitmaps count reserves by their ids. An account's has two bits for each: borrowed (lower), used as
collateral (higher). Source: IPool, UserConfiguration, IScaledBalanceToken; e-modes since v3.2.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.chain_event import AccountReading, EModeReading
from sources.evm.abi import decoded
from sources.evm.readings import Ask, ask, counted, value
from sources.evm.readings_aave import AaveReading

_SCALED: Final = "scaledBalanceOf(address)"
_QUESTIONS: Final = (
    "getEModeCategoryCollateralConfig(uint8)", "getEModeCategoryLabel(uint8)",
    "getEModeCategoryCollateralBitmap(uint8)", "getEModeCategoryBorrowableBitmap(uint8)",
)  # fmt: skip


class EModeDiscovery(Struct, frozen=True):
    """Reads the e-mode categories 1 to `last` in one round; the contract does not list them.

    `last`: 1 to 255.
    """

    pool: str
    market: AaveReading
    last: int

    def asks(self) -> tuple[Ask, ...]:
        """Parameters, label and both bitmaps of each."""
        return tuple(
            ask(self.pool, question, category)
            for category in range(1, self.last + 1)
            for question in _QUESTIONS
        )

    def take(self, results: Sequence[bytes]) -> tuple[EModeReading, ...]:
        """Those that are defined, which is: have a liquidation threshold. Raises Malformed."""
        answers = counted(self.asks(), results)
        read = (
            self._category(category, *answers[4 * category - 4 : 4 * category])
            for category in range(1, self.last + 1)
        )
        return tuple(each for each in read if each.threshold_bp)

    def _category(
        self, category: int, config: bytes, label: bytes, collateral: bytes, borrowable: bytes
    ) -> EModeReading:
        ltv, threshold, bonus = decoded(("uint16", "uint16", "uint16"), config)
        return EModeReading(
            category=category,
            ltv_bp=ltv,
            threshold_bp=threshold,
            bonus_bp=bonus,
            label=value("string", label),
            collateral=self._reserves(value("uint128", collateral)),
            borrowable=self._reserves(value("uint128", borrowable)),
        )

    def _reserves(self, mask: int) -> tuple[str, ...]:
        """Bits of reserves that were dropped mean nothing any more."""
        each = zip(self.market.ids, self.market.reserves, strict=True)
        return tuple(reserve.reserve for number, reserve in each if mask >> number & 1)


class AaveAccountDiscovery(Struct, frozen=True):
    """Reads an account: its bitmap and e-mode, then the scaled balances."""

    pool: str
    market: AaveReading
    account: str

    def asks(self) -> tuple[Ask, ...]:
        """The bitmap and the e-mode."""
        questions = ("getUserConfiguration(address)", "getUserEMode(address)")
        return tuple(ask(self.pool, question, self.account) for question in questions)

    def take(self, results: Sequence[bytes]) -> "_Balances | AccountReading":
        """The next round; of a market without reserves the reading. Raises Malformed."""
        bitmap, category = counted(self.asks(), results)
        found = _Balances(
            self.market, self.account, value("uint256", bitmap), value("uint8", category)
        )
        return found if self.market.reserves else found.take(())


class _Balances(Struct, frozen=True):
    market: AaveReading
    account: str
    bitmap: int
    emode: int

    def _borrowed(self) -> list[tuple[str, str]]:
        """Reserve and debt token, where there is a debt."""
        each = zip(self.market.ids, self.market.reserves, strict=True)
        return [(of.reserve, of.debt_token) for at, of in each if self.bitmap >> 2 * at & 1]

    def asks(self) -> tuple[Ask, ...]:
        """All aTokens, for what is supplied and not used has no bit; then debts that exist."""
        return (
            *(ask(each.a_token, _SCALED, self.account) for each in self.market.reserves),
            *(ask(debt_token, _SCALED, self.account) for _, debt_token in self._borrowed()),
        )

    def take(self, results: Sequence[bytes]) -> AccountReading:
        """The reading; a bit whose balance was rounded away to 0 stands for no debt.

        Raises Malformed.
        """
        amounts = [value("uint256", data) for data in counted(self.asks(), results)]
        names = [each.reserve for each in self.market.reserves]
        borrowed = [name for name, _ in self._borrowed()]
        return AccountReading(
            account=self.account.lower(),
            collateral=_nonzero(names, amounts[: len(names)]),
            debt=_nonzero(borrowed, amounts[len(names) :]),
            used=tuple(
                name
                for number, name in zip(self.market.ids, names, strict=True)
                if self.bitmap >> 2 * number + 1 & 1
            ),
            emode=self.emode,
        )


def _nonzero(names: Sequence[str], amounts: Sequence[int]) -> tuple[tuple[str, int], ...]:
    return tuple((name, amount) for name, amount in zip(names, amounts, strict=True) if amount)
