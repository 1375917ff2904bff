"""Calls of Compound: liquidations of v2 in both forms; absorbing, buying and lending of v3.

v2  the contract that is called is the debt's cToken; both sides are named by their cTokens. That
    of the chain's coin takes the value that is sent along. (2^256 − 1 is refused there.)
v3  `absorb` names accounts and no amounts. `buyCollateral` liquidates nobody: it pays base token
    for collateral that was absorbed, so there are no accounts; the least it takes is not said.

Source: the contracts' interfaces.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import Lend, Liquidation
from sources.evm.calldata.sent import Reader, Said, Sent, all_or, by_selector

V2, V3 = "compound-v2", "compound-v3"


def _liquidate_token(sent: Sent, arguments: Any) -> Iterator[Said]:
    account, repay, collateral = arguments
    yield Liquidation(sent.to, V2, collateral, sent.to, (account,), all_or(repay))


def _liquidate_coin(sent: Sent, arguments: Any) -> Iterator[Said]:
    account, collateral = arguments
    yield Liquidation(sent.to, V2, collateral, sent.to, (account,), sent.value_wei)


def _absorb(sent: Sent, arguments: Any) -> Iterator[Said]:
    _absorber, accounts = arguments
    yield Liquidation(sent.to, V3, None, None, accounts, None)


def _buy(sent: Sent, arguments: Any) -> Iterator[Said]:
    asset, _least, base, _recipient = arguments
    yield Liquidation(sent.to, V3, asset, None, (), base)


def _lend(action: str, account_at: int | None) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        *_, asset, amount = arguments
        account = None if account_at is None else arguments[account_at]
        yield Lend(sent.to, V3, action, asset, all_or(amount), account)

    return read


KNOWN: Final = by_selector(
    {
        "liquidateBorrow(address,uint256,address)": _liquidate_token,
        "liquidateBorrow(address,address)": _liquidate_coin,
        "absorb(address,address[])": _absorb,
        "buyCollateral(address,uint256,uint256,address)": _buy,
        "supply(address,uint256)": _lend("supply", account_at=None),
        "supplyTo(address,address,uint256)": _lend("supply", account_at=0),
        "supplyFrom(address,address,address,uint256)": _lend("supply", account_at=1),
        "withdraw(address,uint256)": _lend("withdraw", account_at=None),
        "withdrawTo(address,address,uint256)": _lend("withdraw", account_at=None),
        "withdrawFrom(address,address,address,uint256)": _lend("withdraw", account_at=0),
    }
)
