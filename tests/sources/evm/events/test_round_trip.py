"""Every form of a log, round and back: what was put into it is what it says."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import Event
from sources.evm.events import (
    aave,
    aave_configurator,
    authority,
    chainlink,
    comet,
    compound_v2,
    events_of,
    pools,
    tokens,
)
from tests.reference.evm_logs import arguments, indexed_in, log, log_topic, read
from tests.sources.evm.events import (
    aave_said,
    comet_said,
    test_aave_configurator,
    test_authority,
    test_chainlink,
    test_compound_v2,
    test_pools,
    tokens_said,
)

Said = Callable[..., tuple[Event, ...]]
MODULES: Final[list[tuple[Any, dict[str, Said]]]] = [
    (aave, aave_said.CASES),
    (aave_configurator, test_aave_configurator.CASES),
    (authority, test_authority.CASES),
    (chainlink, test_chainlink.CASES),
    (comet, comet_said.CASES),
    (compound_v2, test_compound_v2.CASES),
    (pools, test_pools.CASES),
    (tokens, tokens_said.CASES),
]
CASES: Final = [(declaration, said) for _, cases in MODULES for declaration, said in cases.items()]


@settings(deadline=None, max_examples=25)
@pytest.mark.parametrize(("declaration", "said"), CASES)
@given(st.data())
def test_a_log_says_what_was_put_into_it(declaration: str, said: Said, data: st.DataObject) -> None:
    values = data.draw(arguments(declaration))
    topics, blob = log(declaration, values)
    assert read(declaration, topics, blob) == values
    assert events_of(topics, blob) == said(**values)


@pytest.mark.parametrize(("module", "cases"), MODULES, ids=lambda one: getattr(one, "__name__", ""))
def test_all_forms_are_tried(module: Any, cases: dict[str, Said]) -> None:
    tried = {(log_topic(each), indexed_in(each)) for each in cases}
    assert tried == {(each.topic, len(each.indexed)) for each in module.FORMS}
