"""A published row as JSON fields, and back: what a topic message carries as `data` (C9).

Every time is a whole number of microseconds and its name ends in `_us` (ts → ts_us, since →
since_us), an enum is its name, unknown is null. A reader ignores fields it does not know and takes
a missing optional field as unknown, so that optional fields may be added within a version.
"""

from collections.abc import Callable
from enum import IntEnum
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from schemas.column import Col, Row
from schemas.errors import NotPublishable
from schemas.tables import TABLE_OF
from schemas.units import NS_PER_US

INSTANT: Final = "ns UTC"  # the unit of columns that become microseconds

AnyRow = TypeVar("AnyRow", bound=Row)
Check = Callable[[Any], Any]  # a value → its JSON value; TypeError when it may not be published


class _Field(Struct, frozen=True):
    name: str  # the column
    told: str  # its name in a message
    check: Check
    instant: bool
    optional: bool
    members: type[IntEnum] | None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise TypeError
    return float(value)


def _exactly(kind: type) -> Check:
    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError
        return value

    return check


def _instant(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value // NS_PER_US


def _name_in(members: type[IntEnum]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, members):
            raise TypeError
        return value.name

    return check


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _each(check: Check) -> Check:
    def check_all(values: Any) -> list[Any]:
        if not isinstance(values, tuple):
            raise TypeError
        return [check(value) for value in values]

    return check_all


def _check_of(kind: Any, unit: str) -> Check:
    if get_origin(kind) is UnionType:
        (present,) = (argument for argument in get_args(kind) if argument is not NoneType)
        return _or_none(_check_of(present, unit))
    if get_origin(kind) is tuple:
        return _each(_check_of(get_args(kind)[0], unit))
    if kind is float:
        return _number
    if unit == INSTANT:
        return _instant
    return _name_in(kind) if issubclass(kind, IntEnum) else _exactly(kind)


def _field(name: str, hint: Any) -> _Field:
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    unit = next((note.unit for note in notes if type(note) is Col), "")
    instant = unit == INSTANT
    return _Field(
        name=name,
        told=f"{name}_us" if instant else name,
        check=_check_of(kind, unit),
        instant=instant,
        optional=get_origin(kind) is UnionType,
        members=kind if isinstance(kind, type) and issubclass(kind, IntEnum) else None,
    )


def _fields(row: type[Row]) -> tuple[_Field, ...]:
    hints = get_type_hints(row, include_extras=True)
    return tuple(_field(name, hints[name]) for name in row.__struct_fields__)


_FIELDS: Final = {row: _fields(row) for row in TABLE_OF}


def row_data(row: Row) -> dict[str, Any]:
    """A row as JSON fields: plain values only, in the order of its columns.

    Raises NotPublishable for a number that is not finite or a value that is not of the column's
    type. (The encoders would write NaN as null, which means "not known".)
    """
    data = {}
    for field in _FIELDS[type(row)]:
        value = getattr(row, field.name)
        try:
            data[field.told] = field.check(value)
        except TypeError as refused:
            raise NotPublishable(TABLE_OF[type(row)].name, field.name, value) from refused
    return data


def row_json(row: Row) -> bytes:
    """A row as JSON text in UTF-8; errors as `row_data`."""
    return msgspec.json.encode(row_data(row))


def row_of(data: dict[str, Any], kind: type[AnyRow]) -> AnyRow:
    """The row of `row_data`: times in ns again (whole µs), enums as members.

    Raises msgspec.ValidationError when a required field is missing, a value is of the wrong type
    or an enum has no such member.
    """
    values: dict[str, Any] = {}
    for field in _FIELDS[kind]:
        value = data.get(field.told)
        if value is None and not field.optional:
            continue  # msgspec says which field is missing
        if field.instant and type(value) is int:
            value *= NS_PER_US
        elif field.members is not None:
            value = _member(field, value)
        values[field.name] = value
    return msgspec.convert(values, kind)


def _member(field: _Field, name: Any) -> IntEnum:
    members = field.members.__members__ if field.members is not None else {}
    if not isinstance(name, str) or name not in members:
        message = f"{field.told}: {name!r} is none of {', '.join(members)}"
        raise msgspec.ValidationError(message)
    return members[name]
