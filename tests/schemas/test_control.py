"""Control items are plain values: they compare, are frozen, and go through the recovery store."""

import pickle

import pytest
from msgspec import Struct

from schemas import control
from schemas.instrument import infer

ITEMS: list[Struct] = [
    control.Clock("c", 1),
    control.Gap("v:S", "c", 5, 7, "sequence"),
    control.Rejected("c", 7, 5, None, control.Reason.not_json, "at byte 3", "{"),
    control.End("c"),
    control.Seen(infer("v", "S", "spot", 2), "c", 5, 7, listed=True),
    control.Progress("c", 5, 10, 100, "ab"),
    control.Wish("v:S", "https://x", "snapshot"),
    control.Granted("v:S", 5, "https://x"),
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_items_are_plain_values(item: Struct) -> None:
    assert pickle.loads(pickle.dumps(item)) == item
    with pytest.raises(AttributeError):
        setattr(item, item.__struct_fields__[0], "other")


def test_all_items_are_tried_here() -> None:
    kinds = {kind for kind in vars(control).values() if isinstance(kind, type)}
    defined = {k for k in kinds if k.__module__ == control.__name__ and issubclass(k, Struct)}
    assert {type(item) for item in ITEMS} == defined


def test_a_clock_does_not_jump_by_itself() -> None:
    assert control.Clock("c", 1) == control.Clock("c", 1, jump=False)
