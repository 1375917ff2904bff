"""An account's state is a plain value, and says unknown as None."""

import pickle
from typing import Any

import msgspec
import pytest

from schemas.account import AccountPosition, AccountState

POSITION = AccountPosition("v:S", -2.5, 100.0, 250.0, 1.5, None, 25.0, 10.0, True, 40.0)
STATE = AccountState(
    "v", "0xab", "", "c", 5, 7, 3, 1000.0, 900.0, None, 25.0, None, (POSITION, POSITION)
)


def test_it_goes_through_the_stores_as_it_is() -> None:
    assert pickle.loads(pickle.dumps(STATE)) == STATE
    packed = msgspec.msgpack.encode(STATE)
    assert msgspec.msgpack.decode(packed, type=AccountState) == STATE


@pytest.mark.parametrize("item", [STATE, POSITION], ids=lambda item: type(item).__name__)
def test_it_is_frozen(item: Any) -> None:
    with pytest.raises(AttributeError):
        setattr(item, item.__struct_fields__[0], "other")


def test_every_number_says_its_unit() -> None:
    numbers = [
        name
        for kind in (AccountState, AccountPosition)
        for name, of in kind.__annotations__.items()
        if of in (float, float | None)
    ]
    bare = [name for name in numbers if not name.endswith(("_usd", "_px", "_base"))]
    assert (len(numbers), bare) == (13, ["leverage", "max_leverage"])
