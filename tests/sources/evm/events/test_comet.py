"""Logs of Compound v3: base token, collateral, absorptions."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import AbsorbCollateral, AbsorbDebt, CometCollateral, CometSupply
from sources.evm.events import events_of
from sources.evm.events.comet import FORMS
from tests.reference.evm_logs import arguments, indexed_in, log, log_topic, read

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


@settings(deadline=None, max_examples=25)
@pytest.mark.parametrize("declaration", CASES)
@given(st.data())
def test_a_log_says_what_was_put_into_it(declaration: str, data: st.DataObject) -> None:
    values = data.draw(arguments(declaration))
    topics, blob = log(declaration, values)
    assert read(declaration, topics, blob) == values
    assert events_of(topics, blob) == CASES[declaration](**values)


def test_all_forms_are_tried() -> None:
    tried = {(log_topic(each), indexed_in(each)) for each in CASES}
    assert tried == {(each.topic, len(each.indexed)) for each in FORMS}
