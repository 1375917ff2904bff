"""A row of any table with everything unknown or zero: a test names only what it is about."""

from enum import IntEnum
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from schemas.column import Row

AnyRow = TypeVar("AnyRow", bound=Row)
_ZERO = {str: "", int: 0, float: 0.0, bool: False}


def _blank(kind: Any) -> Any:
    if NoneType in get_args(kind):
        return None
    if get_origin(kind) is tuple:
        return ()
    return next(iter(kind)) if issubclass(kind, IntEnum) else _ZERO[kind]


def blank_row(kind: type[AnyRow], /, **columns: Any) -> AnyRow:
    hints = get_type_hints(kind)
    return kind(**{name: _blank(hint) for name, hint in hints.items()} | columns)
