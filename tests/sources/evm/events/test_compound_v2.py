"""Logs of Compound v2: liquidations."""

from collections.abc import Callable
from typing import Final

from schemas.chain_event import LiquidateBorrow
from sources.evm.events.compound_v2 import FORMS

CASES: Final[dict[str, Callable[..., object]]] = {
    "LiquidateBorrow(address liquidator, address borrower, uint256 repaid, address collateral,"
    " uint256 seized)": (
        lambda liquidator, borrower, repaid, collateral, seized: (
            LiquidateBorrow(
                liquidator=liquidator,
                account=borrower,
                repaid=repaid,
                collateral_token=collateral,
                seized_tokens=seized,
            ),
        )
    ),
}


def test_the_published_topic() -> None:
    assert FORMS[0].topic == "0x298637f684da70674f26509b10f07ec2fbc77a335ab1e7d6215a4b2484d8bb52"
