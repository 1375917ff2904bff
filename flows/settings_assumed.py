"""The sections `[assumed.<venue>]`: each has the type that the venue's own file declares.

Only what is set is kept: the rest is as a recording says, and the defaults come last.
"""

import tomllib
from typing import Any, Final

from msgspec import UnsetType, inspect

from flows.settings_shape import Report, shaped
from flows.toml_places import Path
from schemas.errors import nearest

_PARTS: Final = 3  # assumed, venue, field


def shaped_assumed(raw: Any, report: Report) -> dict[str, dict[str, Any]]:
    """What is set, by venue; every mistake goes to `report`, and what it is in is left out."""
    if raw == {}:
        return {}
    from sources import registry  # loads kernels: only when something is assumed

    kinds = {venue: inspect.type_info(kind) for venue, kind in registry.ASSUMED.items()}
    if not isinstance(raw, dict):
        shaped(raw, next(iter(kinds.values())), ("assumed",), report)  # tells what it is instead
        return {}
    found: dict[str, dict[str, Any]] = {}
    for venue, table in raw.items():
        path: Path = ("assumed", venue)
        if venue in kinds:
            value = shaped(table, kinds[venue], path, report)
            if not isinstance(value, UnsetType):
                fields = value.__struct_fields__
                found[venue] = {key: getattr(value, key) for key in table if key in fields}
        elif venue in registry.VENUES:
            report(path, f'nothing is assumed of "{venue}", only of {", ".join(kinds)}')
        else:
            report(path, f'unknown venue "{venue}", {nearest(venue, list(kinds))}')
    return {venue: table for venue, table in found.items() if table}


def is_assumption(path: Path) -> bool:
    """Whether a path is that of a single assumption."""
    return path[:1] == ("assumed",) and len(path) == _PARTS


def read_text(path: Path, value: Any) -> Any:
    """A value of the environment; an assumption is written there as in a file, or as bare text."""
    if not is_assumption(path) or not isinstance(value, str):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value
