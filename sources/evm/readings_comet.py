"""A Compound v3 market (Comet) and its accounts.

Rates are of the utilisation at the last accrual, as the contract will apply them: from then on
until the next one, index ← index·(1 + rate·seconds).
Source: CometMainInterface, CometExtInterface, CometStorage.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.chain_event import AccountReading, CometReading
from sources.evm.abi import Malformed, decoded
from sources.evm.readings import Ask, ask, counted, value

_QUESTIONS: Final = (
    "baseToken()", "decimals()", "numAssets()", "totalsBasic()", "getUtilization()"
)  # fmt: skip
_TOTALS: Final = ("uint64",) * 4 + ("uint104",) * 2 + ("uint40",)
_ASSET: Final = ("uint8", "address", "address", *("uint64",) * 4, "uint128")
_DECIMALS: Final = {10**decimals: decimals for decimals in range(20)}  # by scale, of 64 bits


class CometDiscovery(Struct, frozen=True):
    """Reads a market: this round, then its rates and assets."""

    comet: str

    def asks(self) -> tuple[Ask, ...]:
        """The base token, the indices, how much is lent out and how many assets there are."""
        return tuple(ask(self.comet, question) for question in _QUESTIONS)

    def take(self, results: Sequence[bytes]) -> "_Assets":
        """The next round. Raises Malformed."""
        base, decimals, assets, totals, utilization = counted(self.asks(), results)
        supply_index, borrow_index, _, _, _, _, accrued_at_s = decoded(_TOTALS, totals)
        if not supply_index or not borrow_index or not accrued_at_s:
            message = "the market has not been initialised"
            raise Malformed(message)
        return _Assets(
            comet=self.comet,
            base=value("address", base),
            base_decimals=value("uint8", decimals),
            supply_index=supply_index,
            borrow_index=borrow_index,
            accrued_at_s=accrued_at_s,
            utilization=value("uint256", utilization),
            assets=value("uint8", assets),
        )


class _Assets(Struct, frozen=True):
    comet: str
    base: str
    base_decimals: int
    supply_index: int
    borrow_index: int
    accrued_at_s: int
    utilization: int
    assets: int  # how many

    def asks(self) -> tuple[Ask, ...]:
        """Both rates and every asset."""
        rates = ("getSupplyRate(uint256)", "getBorrowRate(uint256)")
        return (
            *(ask(self.comet, rate, self.utilization) for rate in rates),
            *(ask(self.comet, "getAssetInfo(uint8)", at) for at in range(self.assets)),
        )

    def take(self, results: Sequence[bytes]) -> CometReading:
        """The reading. Raises Malformed."""
        supply_rate, borrow_rate, *assets = counted(self.asks(), results)
        return CometReading(
            base=self.base,
            base_decimals=self.base_decimals,
            supply_index=self.supply_index,
            borrow_index=self.borrow_index,
            supply_rate=value("uint64", supply_rate),
            borrow_rate=value("uint64", borrow_rate),
            accrued_at_s=self.accrued_at_s,
            assets=tuple(_asset(at, data) for at, data in enumerate(assets)),
        )


def _asset(at: int, data: bytes) -> tuple[str, int, int, int, int, int]:
    offset, asset, _, scale, borrow, liquidate, liquidation, cap = decoded(_ASSET, data)
    if offset != at or scale not in _DECIMALS:
        message = f"asset {at} answers as {offset}, with scale {scale}"
        raise Malformed(message)
    return asset, _DECIMALS[scale], borrow, liquidate, liquidation, cap


class CometAccountDiscovery(Struct, frozen=True):
    """Reads an account of a market in one round. `assets`: the market's collateral tokens."""

    comet: str
    base: str
    assets: tuple[str, ...]
    account: str

    def asks(self) -> tuple[Ask, ...]:
        """Principal, and the balance of every collateral."""
        return (
            ask(self.comet, "userBasic(address)", self.account),
            *(
                ask(self.comet, "userCollateral(address,address)", self.account, asset)
                for asset in self.assets
            ),
        )

    def take(self, results: Sequence[bytes]) -> AccountReading:
        """The reading. Base token that was supplied secures nothing. Raises Malformed."""
        basic, *balances = counted(self.asks(), results)
        principal = value("int104", basic)
        amounts = [value("uint128", data) for data in balances]
        held = tuple(
            (asset, amount) for asset, amount in zip(self.assets, amounts, strict=True) if amount
        )
        return AccountReading(
            account=self.account.lower(),
            collateral=((self.base, principal), *held) if principal > 0 else held,
            debt=((self.base, -principal),) if principal < 0 else (),
            used=tuple(asset for asset, _ in held),
        )
