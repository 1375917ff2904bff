"""Logs of tokens: ERC-20 transfers, and ERC-721 ones that say nothing."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import Event, Transfer
from sources.evm.events import events_of
from sources.evm.events.tokens import FORMS
from tests.reference.evm_logs import arguments, indexed_in, log, log_topic, read

CASES: Final[dict[str, Callable[..., tuple[Event, ...]]]] = {
    "Transfer(address indexed from_, address indexed to, uint256 value)": (
        lambda from_, to, value: (Transfer(sender=from_, recipient=to, amount=value),)
    ),
    "Transfer(address indexed from_, address indexed to, uint256 indexed id)": (
        lambda from_, to, id: ()
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
