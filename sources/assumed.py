"""What is taken to be so of a venue where nothing confirms it: settings, each with a counter.

A venue with such assumptions has a subclass in its own `<venue>_assumed.py`: a documented field
for each, whose default is what we go by. `registry.assumed_for` lays settings and the header of a
recording over the defaults. What a session decides by an assumption it counts under
`decided("<field>")`; what only says what is asked for (streams, limits) decides no frame and is
not counted.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from schemas.errors import UsageError

_COUNTED: Final = "assumed:"


class Assumed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The assumptions about a venue: none, unless it has a subclass."""


_Kind = TypeVar("_Kind", bound=Assumed)


def overlaid(kind: type[_Kind], *tables: Mapping[str, object]) -> _Kind:
    """Assumptions as tables say, a later one over an earlier one; the rest as by default.

    A key that is no assumption of ours is passed over: settings are proven before, and what a
    recording of another version assumed besides, nothing reads any more. Raises UsageError for a
    value of another type or beyond the limits of its field.
    """
    given = {key: value for table in tables for key, value in table.items()}
    known = {key: given[key] for key in kind.__struct_fields__ if key in given}
    try:
        return msgspec.convert(known, kind)
    except msgspec.ValidationError as error:
        message = f"what is assumed of the venue is wrong: {error}"
        raise UsageError(message) from error


def decided(name: str) -> str:
    """What a decision by an assumption is counted as.

    >>> decided("side_is_maker"), assumption("assumed:side_is_maker"), assumption("control")
    ('assumed:side_is_maker', 'side_is_maker', None)
    """
    return _COUNTED + name


def assumption(count: str) -> str | None:
    """The assumption that a count is of; None: it is of something else."""
    return count.removeprefix(_COUNTED) if count.startswith(_COUNTED) else None
