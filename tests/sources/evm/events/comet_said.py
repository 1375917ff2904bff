"""Logs of Compound v3: base token, collateral, absorptions."""

from collections.abc import Callable
from typing import Final

from schemas.chain_event import AbsorbCollateral, AbsorbDebt, CometCollateral, CometSupply

CASES: Final[dict[str, Callable[..., object]]] = {
    "Supply(address indexed from_, address indexed dst, uint256 amount)": (
        lambda from_, dst, amount: (CometSupply(account=dst, amount=amount),)
    ),
    "Withdraw(address indexed src, address indexed to, uint256 amount)": (
        lambda src, to, amount: (CometSupply(account=src, amount=-amount),)
    ),
    "SupplyCollateral(address indexed from_, address indexed dst, address indexed asset,"
    " uint256 amount)": (
        lambda from_, dst, asset, amount: (
            CometCollateral(account=dst, asset=asset, amount=amount),
        )
    ),
    "WithdrawCollateral(address indexed src, address indexed to, address indexed asset,"
    " uint256 amount)": (
        lambda src, to, asset, amount: (CometCollateral(account=src, asset=asset, amount=-amount),)
    ),
    "TransferCollateral(address indexed from_, address indexed to, address indexed asset,"
    " uint256 amount)": (
        lambda from_, to, asset, amount: (
            CometCollateral(account=from_, asset=asset, amount=-amount),
            CometCollateral(account=to, asset=asset, amount=amount),
        )
    ),
    "AbsorbDebt(address indexed absorber, address indexed borrower, uint256 paid, uint256 usd)": (
        lambda absorber, borrower, paid, usd: (
            AbsorbDebt(absorber=absorber, account=borrower, base_paid=paid, usd_e8=usd),
        )
    ),
    "AbsorbCollateral(address indexed absorber, address indexed borrower, address indexed asset,"
    " uint256 amount, uint256 usd)": (
        lambda absorber, borrower, asset, amount, usd: (
            AbsorbCollateral(
                absorber=absorber, account=borrower, asset=asset, amount=amount, usd_e8=usd
            ),
        )
    ),
}
