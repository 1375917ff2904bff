"""Logs of Compound v2: liquidations."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import LiquidateBorrow
from sources.evm.events import events_of
from sources.evm.events.compound_v2 import FORMS
from tests.reference.evm_logs import arguments, indexed_in, log, log_topic, read

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


def test_the_published_topic() -> None:
    assert FORMS[0].topic == "0x298637f684da70674f26509b10f07ec2fbc77a335ab1e7d6215a4b2484d8bb52"
