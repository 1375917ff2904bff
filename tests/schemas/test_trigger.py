"""Trigger rows: the columns that C10 names, and states in the order they happen."""

from schemas.trigger import Trigger, TriggerState


def test_states() -> None:
    assert [state.name for state in TriggerState] == ["enter", "escalate", "leave"]


def test_columns_of_the_contract() -> None:
    named = ["id", "rule", "scope", "state", "value", "since", "evidence", "advice", "expires"]
    assert [name for name in Trigger.__struct_fields__ if name in named] == named
    levels = [name for name in Trigger.__struct_fields__ if name.endswith("_level")]
    assert levels == ["enter_level", "leave_level", "escalate_level"]
