"""Logs of Aave: scaled balances, reserves, liquidations, deficits."""

from collections.abc import Callable
from typing import Final

from schemas.chain_event import (
    CollateralUse,
    DeficitCreated,
    EModeSet,
    LiquidationCall,
    ReserveData,
    ScaledBurn,
    ScaledMint,
    ScaledTransfer,
)

CASES: Final[dict[str, Callable[..., object]]] = {
    "Mint(address indexed caller, address indexed holder, uint256 value, uint256 increase,"
    " uint256 index)": (
        lambda caller, holder, value, increase, index: (
            ScaledMint(account=holder, value=value, balance_increase=increase, index=index),
        )
    ),
    "Burn(address indexed holder, address indexed target, uint256 value, uint256 increase,"
    " uint256 index)": (
        lambda holder, target, value, increase, index: (
            ScaledBurn(account=holder, value=value, balance_increase=increase, index=index),
        )
    ),
    "BalanceTransfer(address indexed from_, address indexed to, uint256 value, uint256 index)": (
        lambda from_, to, value, index: (
            ScaledTransfer(sender=from_, recipient=to, scaled=value, index=index),
        )
    ),
    "ReserveDataUpdated(address indexed reserve, uint256 liquidity, uint256 stable,"
    " uint256 variable, uint256 liquidity_index, uint256 variable_index)": (
        lambda reserve, liquidity, stable, variable, liquidity_index, variable_index: (
            ReserveData(
                reserve=reserve,
                liquidity_rate=liquidity,
                stable_rate=stable,
                variable_rate=variable,
                liquidity_index=liquidity_index,
                variable_index=variable_index,
            ),
        )
    ),
    "LiquidationCall(address indexed collateral, address indexed debt, address indexed user,"
    " uint256 cover, uint256 seized, address liquidator, bool a_token)": (
        lambda collateral, debt, user, cover, seized, liquidator, a_token: (
            LiquidationCall(
                collateral=collateral,
                debt=debt,
                account=user,
                debt_to_cover=cover,
                collateral_seized=seized,
                liquidator=liquidator,
                receive_a_token=a_token,
            ),
        )
    ),
    "UserEModeSet(address indexed user, uint8 category)": (
        lambda user, category: (EModeSet(account=user, category=category),)
    ),
    "ReserveUsedAsCollateralEnabled(address indexed reserve, address indexed user)": (
        lambda reserve, user: (CollateralUse(reserve=reserve, account=user, used=True),)
    ),
    "ReserveUsedAsCollateralDisabled(address indexed reserve, address indexed user)": (
        lambda reserve, user: (CollateralUse(reserve=reserve, account=user, used=False),)
    ),
    "DeficitCreated(address indexed user, address indexed debt, uint256 amount)": (
        lambda user, debt, amount: (
            DeficitCreated(account=user, debt=debt, amount=amount, covered=False),
        )
    ),
    "DeficitCovered(address indexed reserve, address caller, uint256 amount)": (
        lambda reserve, caller, amount: (
            DeficitCreated(account=caller, debt=reserve, amount=amount, covered=True),
        )
    ),
}
