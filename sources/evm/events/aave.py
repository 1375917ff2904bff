"""Logs of Aave's pool, aTokens and debt tokens.

Balances follow from the tokens' logs alone: pool events repeat them. A debt token's Mint with
`value` below `balance_increase` is a repayment of less than the interest since last time. In
Aave v2 `BalanceTransfer` has the same topic but an amount that is not scaled: v3 only.
Source: IPool, IScaledBalanceToken, IAToken of Aave v3.
"""

from typing import Final

from schemas.chain_event import (
    CollateralUse,
    DeficitCreated,
    EModeSet,
    Event,
    LiquidationCall,
    ReserveData,
    ScaledBurn,
    ScaledMint,
    ScaledTransfer,
)
from sources.evm.events.form import Form, form, one


def _mint(_caller: str, account: str, value: int, increase: int, index: int) -> tuple[Event, ...]:
    return (ScaledMint(account, value, increase, index),)


def _burn(account: str, _target: str, value: int, increase: int, index: int) -> tuple[Event, ...]:
    return (ScaledBurn(account, value, increase, index),)


def _covered(reserve: str, caller: str, amount: int) -> tuple[Event, ...]:
    return (DeficitCreated(caller, reserve, amount, covered=True),)


FORMS: Final[tuple[Form, ...]] = (
    form("Mint(address*,address*,uint256,uint256,uint256)", _mint),
    form("Burn(address*,address*,uint256,uint256,uint256)", _burn),
    form("BalanceTransfer(address*,address*,uint256,uint256)", one(ScaledTransfer)),
    form("ReserveDataUpdated(address*,uint256,uint256,uint256,uint256,uint256)", one(ReserveData)),
    form(
        "LiquidationCall(address*,address*,address*,uint256,uint256,address,bool)",
        one(LiquidationCall),
    ),
    form("UserEModeSet(address*,uint8)", one(EModeSet)),
    form(
        "ReserveUsedAsCollateralEnabled(address*,address*)",
        lambda reserve, account: (CollateralUse(reserve, account, used=True),),
    ),
    form(
        "ReserveUsedAsCollateralDisabled(address*,address*)",
        lambda reserve, account: (CollateralUse(reserve, account, used=False),),
    ),
    form("DeficitCreated(address*,address*,uint256)", one(DeficitCreated)),
    form("DeficitCovered(address*,address,uint256)", _covered),
)
