"""Logs of Compound v3 markets (Comet).

A transfer of the base token between accounts emits neither Supply nor Withdraw, only ERC-20
Transfers to and from the zero address with the supplied parts: what became of a debt they do not
say, and both accounts must be read again.
Source: CometMainInterface.
"""

from typing import Final

from schemas.chain_event import AbsorbCollateral, AbsorbDebt, CometCollateral, CometSupply, Event
from sources.evm.events.form import Form, form, one


def _transfer(sender: str, recipient: str, asset: str, amount: int) -> tuple[Event, ...]:
    return (CometCollateral(sender, asset, -amount), CometCollateral(recipient, asset, amount))


FORMS: Final[tuple[Form, ...]] = (
    form(
        "Supply(address*,address*,uint256)",
        lambda _payer, account, amount: (CometSupply(account, amount),),
    ),
    form(
        "Withdraw(address*,address*,uint256)",
        lambda account, _recipient, amount: (CometSupply(account, -amount),),
    ),
    form(
        "SupplyCollateral(address*,address*,address*,uint256)",
        lambda _payer, account, asset, amount: (CometCollateral(account, asset, amount),),
    ),
    form(
        "WithdrawCollateral(address*,address*,address*,uint256)",
        lambda account, _recipient, asset, amount: (CometCollateral(account, asset, -amount),),
    ),
    form("TransferCollateral(address*,address*,address*,uint256)", _transfer),
    form("AbsorbDebt(address*,address*,uint256,uint256)", one(AbsorbDebt)),
    form("AbsorbCollateral(address*,address*,address*,uint256,uint256)", one(AbsorbCollateral)),
)
