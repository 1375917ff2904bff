"""Raw values into settings structs, field by field, so that every mistake is told, not the first.

msgspec checks types and limits when it converts, but stops at the first thing wrong. This walks
the same type descriptions and keeps going; the limits stay written once, in `schemas/settings.py`.
"""

import operator
import re
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, Final

from msgspec import UNSET, UnsetType, inspect

from flows.toml_places import Path
from schemas.chain_contract import ADDRESS
from schemas.errors import nearest

_FORMS: Final = {ADDRESS: "an address: 0x and 40 hexadecimal digits"}
Report = Callable[[Path, str], None]

# Limits as msgspec names them, in words, and what they mean.
_LIMITS: Final[tuple[tuple[str, str, Callable[[float, float], bool]], ...]] = (
    ("gt", "above", operator.gt),
    ("ge", "at least", operator.ge),
    ("lt", "below", operator.lt),
    ("le", "at most", operator.le),
)


def dotted(path: Iterable[str | int]) -> str:
    """A setting's name in a sentence: `regime.step_s`; the place says which of several it is."""
    return ".".join(part for part in path if isinstance(part, str))


def shaped(raw: Any, kind: inspect.Type, path: Path, report: Report) -> Any:
    """`raw` as `kind`, or UNSET after `report(path, text)` for each mistake in it.

    A mistaken optional field of a struct takes its default, so that the rest can be checked too;
    a mistaken element of a list stays in it as UNSET, so that the others keep their index.
    """
    match kind:
        case inspect.StructType():
            return _struct(raw, kind, path, report)
        case inspect.ListType():
            return _list(raw, kind, path, report)
        case inspect.DictType():
            return _dict(raw, kind, path, report)
        case inspect.UnionType():  # always "… or not set" here
            if raw is None:
                return None
            inner = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
            return shaped(raw, inner, path, report)
        case _:
            wrong = _leaf(raw, kind)
            if wrong:
                report(path, f"{dotted(path)} must be {wrong}, not {_shown(raw)}")
                return UNSET
            return float(raw) if isinstance(kind, inspect.FloatType) else raw


def _struct(raw: Any, kind: inspect.StructType, path: Path, report: Report) -> Any:
    if not isinstance(raw, dict):
        report(path, f"{dotted(path)} must be a table, not {_shown(raw)}")
        return UNSET
    fields = {field.name: field for field in kind.fields}
    for key in raw:
        if key not in fields:
            report((*path, key), f'unknown key "{key}", {nearest(key, list(fields))}')
    values: dict[str, Any] = {}
    missing = False
    for name, field in fields.items():
        if name in raw:
            value = shaped(raw[name], field.type, (*path, name), report)
            missing |= field.required and isinstance(value, UnsetType)
            if not isinstance(value, UnsetType):
                values[name] = value
        elif field.required:
            missing = True
            report(path, f'{dotted(path)} needs "{name}"')
    return UNSET if missing else kind.cls(**values)


def _list(raw: Any, kind: inspect.ListType, path: Path, report: Report) -> Any:
    tables = isinstance(kind.item_type, inspect.StructType)
    if not isinstance(raw, list):
        wanted = f"tables written [[{dotted(path)}]]" if tables else "a list"
        report(path, f"{dotted(path)} must be {wanted}, not {_shown(raw)}")
        return UNSET
    values = [shaped(part, kind.item_type, (*path, i), report) for i, part in enumerate(raw)]
    if tables:
        return values
    return UNSET if any(isinstance(value, UnsetType) for value in values) else values


def _dict(raw: Any, kind: inspect.DictType, path: Path, report: Report) -> Any:
    if not isinstance(raw, dict):
        report(path, f"{dotted(path)} must be a table, not {_shown(raw)}")
        return UNSET
    values = {key: shaped(part, kind.value_type, (*path, key), report) for key, part in raw.items()}
    return UNSET if any(isinstance(value, UnsetType) for value in values.values()) else values


def _leaf(raw: Any, kind: inspect.Type) -> str:
    """What a single value ought to be, or "" when it is that."""
    match kind:
        case inspect.StrType():
            if isinstance(raw, str) and kind.pattern and not re.search(kind.pattern, raw):
                return _FORMS.get(kind.pattern, f"text like {kind.pattern}")
            return "" if isinstance(raw, str) else "text in quotes"
        case inspect.BoolType():
            return "" if isinstance(raw, bool) else "true or false"
        case inspect.LiteralType():
            listed = ", ".join(f'"{value}"' for value in kind.values)
            return "" if isinstance(raw, str) and raw in kind.values else f"one of {listed}"
        case inspect.IntType():
            number = isinstance(raw, int) and not isinstance(raw, bool)
            return _limits(raw, kind) if number else "a whole number"
        case inspect.FloatType():
            number = isinstance(raw, int | float) and not isinstance(raw, bool) and isfinite(raw)
            return _limits(raw, kind) if number else "a number"
        case _:
            message = f"settings of type {kind} are not known here"
            raise TypeError(message)


def _limits(raw: float, kind: inspect.IntType | inspect.FloatType) -> str:
    set_ones = [
        (word, limit, holds)
        for name, word, holds in _LIMITS
        if (limit := getattr(kind, name)) is not None
    ]
    if all(holds(raw, limit) for _, limit, holds in set_ones):
        return ""
    return " and ".join(f"{word} {limit}" for word, limit, _ in set_ones)


def _shown(raw: Any) -> str:
    if isinstance(raw, str):
        return f'the text "{raw}"'
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, dict | list):
        return "a table" if isinstance(raw, dict) else "a list"
    return "nothing" if raw is None else str(raw)
