"""Settings from environment variables: `SEAWALL_REGIME__STEP_S=5` is `step_s` in `[regime]`.

A double underscore goes one level down; names are compared without regard to case, except keys
of a free mapping (`SEAWALL_REGIME__PRIOR_VOL__SOL=0.9`). A value is read as the type of its
setting: text as it stands, a list as TOML (`["a", "b"]`) or with commas, an empty value as "not
set" where that is allowed.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import inspect

from flows.settings_shape import dotted
from flows.toml_places import Path
from schemas.errors import Mistake, UsageError, nearest
from schemas.settings import Settings

PREFIX: Final = "SEAWALL_"
NOT_SETTINGS: Final = frozenset({"SEAWALL_SHARED", "SEAWALL_CONFIG"})
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


def settings_in(environ: Mapping[str, str], mistakes: list[Mistake]) -> Iterator[tuple[Path, Any]]:
    """Path and raw value of every setting in the environment, by name of the variable.

    A variable that names no setting is added to `mistakes`; its place is the variable.
    """
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        try:
            path, kind = _found(variable.removeprefix(PREFIX).split("__"))
        except UsageError as error:
            mistakes.append(Mistake(variable, str(error)))
        else:
            yield path, _read(environ[variable], kind)


def variable_of(path: Path) -> str:
    """The name of the variable of a setting."""
    return PREFIX + "__".join(str(part).upper() for part in path)


def _found(words: list[str]) -> tuple[Path, inspect.Type]:
    path: Path = ()
    kind: inspect.Type = inspect.type_info(Settings)
    wrong = ""
    for word in words:
        if isinstance(kind, inspect.StructType):
            fields = {field.name: field.type for field in kind.fields}
            key = word.lower()
            if key not in fields:
                wrong = f'unknown setting "{key}", {nearest(key, list(fields))}'
                break
            path, kind = (*path, key), fields[key]
        elif isinstance(kind, inspect.DictType):
            path, kind = (*path, word), kind.value_type
        else:
            wrong = f'{dotted(path)} has no part "{word.lower()}"'
            break
    if not wrong and isinstance(kind, inspect.StructType):
        valid = ", ".join(variable_of((*path, field.name)) for field in kind.fields)
        wrong = f"names a section, not a setting: valid are {valid}"
    if wrong:
        raise UsageError(wrong)
    return path, kind


def _read(text: str, kind: inspect.Type) -> Any:
    """The text as its setting's type, or the text itself where it is not of that type."""
    if isinstance(kind, inspect.UnionType):
        if not text:
            return None
        kind = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
    try:
        if isinstance(kind, inspect.IntType):
            return int(text)
        if isinstance(kind, inspect.FloatType):
            return float(text)
        if isinstance(kind, inspect.ListType | inspect.DictType) and text[:1] in ("[", "{"):
            return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        return text
    if isinstance(kind, inspect.BoolType):
        return _TRUTH.get(text.lower(), text)
    if isinstance(kind, inspect.ListType) and isinstance(kind.item_type, inspect.StrType):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
