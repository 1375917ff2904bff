"""What is wrong with the rules of a settings file: all mistakes at once, each with its place.

Types (op, whole numbers) are the settings loader's business; here is what needs the tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from models.rules import BEYOND
from schemas.column import Row
from schemas.errors import nearest
from schemas.quality import Quality
from schemas.rule import Rule
from schemas.tables import Table

RuleMistake = tuple[int, str, str]
"""Index of the rule, name of the field, what is wrong."""

_NEVER_NEGATIVE: Final = ("dwell_s", "cooldown_s", "advice_valid_s")
_NUMBERS: Final = ("enter", "leave", "escalate", *_NEVER_NEGATIVE)


def rule_mistakes(rules: Sequence[Rule], tables: Mapping[str, Table]) -> list[RuleMistake]:
    """Every mistake of every rule, in the order of the rules; none means they can be run."""
    found: list[RuleMistake] = []
    names: set[str] = set()
    for index, rule in enumerate(rules):
        checks = (_name(rule, names), _metric(rule, tables), _levels(rule), _counts(rule))
        found.extend((index, field, text) for check in checks for field, text in check)
        names.add(rule.name)
    return found


def _name(rule: Rule, earlier: set[str]) -> Iterator[tuple[str, str]]:
    if not rule.name:
        yield "name", "a rule needs a name"
    if "|" in rule.name or ":" in rule.name:
        yield "name", f'"{rule.name}" may not contain "|" or ":"'
    if rule.name in earlier:
        yield "name", f'"{rule.name}" is the name of an earlier rule'


def _metric(rule: Rule, tables: Mapping[str, Table]) -> Iterator[tuple[str, str]]:
    if not rule.table or not rule.column:
        yield "metric", f'"{rule.metric}" is not of the form table.column'
        return
    usable = {name: table for name, table in tables.items() if _usable(table)}
    if rule.table not in usable:
        why = f"no rule can watch {rule.table}"
        if rule.table not in tables:
            why = f"there is no table {rule.table}"
        yield "metric", f'"{rule.metric}": {why}; {nearest(rule.table, list(usable))}'
        return
    kinds = _kinds(usable[rule.table].row)
    numbers = [name for name, kind in kinds.items() if _is_number(kind)]
    if rule.column not in kinds:
        yield "metric", f"{rule.table} has no column {rule.column}; {nearest(rule.column, numbers)}"
    elif rule.column not in numbers:
        yield "metric", f"{rule.metric} is not a number, a bool or an enum"
    texts = [name for name, kind in kinds.items() if kind is str]
    for column, accepted in rule.scope.items():
        if column not in kinds:
            yield "scope", f"{rule.table} has no column {column}; {nearest(column, texts)}"
        elif column not in texts:
            yield "scope", f"{rule.table}.{column} is not a text; {nearest(column, texts)}"
        if not accepted:
            yield "scope", f"{column} = [] accepts nothing"


def _usable(table: Table) -> bool:
    """One row per scope and time, with a quality, that a replay has too.

    The rules' own table would feed itself.
    """
    once = table.mark == "ts" and table.replayed and table.name != "triggers"
    return once and "quality" in _kinds(table.row)


def _kinds(row: type[Row]) -> dict[str, Any]:
    """Column → its type, without unit and without `| None`."""
    return {name: _present(hint) for name, hint in get_type_hints(row, include_extras=True).items()}


def _present(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        return _present(get_args(hint)[0])
    if get_origin(hint) is UnionType:
        return next(kind for kind in get_args(hint) if kind is not NoneType)
    return hint


def _is_number(kind: Any) -> bool:
    return kind in (float, int, bool) or (isinstance(kind, type) and issubclass(kind, IntEnum))


def _levels(rule: Rule) -> Iterator[tuple[str, str]]:
    for field in _NUMBERS:
        value = getattr(rule, field)
        if value is not None and not isfinite(value):
            yield field, f"{value} is not a finite number"
        elif value is not None and field in _NEVER_NEGATIVE and value < 0:
            yield field, f"{value} is negative"
    enter, leave, escalate = rule.enter, rule.leave, rule.escalate
    if leave is not None and leave != enter and BEYOND[rule.op](leave, enter):
        yield "leave", f"{leave} is on the wrong side: already {rule.op} enter {enter}"
    if escalate is not None and escalate != enter and BEYOND[rule.op](enter, escalate):
        yield "escalate", f"{escalate} is on the wrong side: enter {enter} is {rule.op} it"


def _counts(rule: Rule) -> Iterator[tuple[str, str]]:
    for field in ("m", "n"):
        if getattr(rule, field) < 1:
            yield field, f"{getattr(rule, field)} is less than 1"
    if rule.m > rule.n:
        yield "m", f"{rule.m} hits among {rule.n} rows never happen: m is greater than n"
    if not rule.on_quality:
        yield "on_quality", "[] evaluates nothing"
    names = [quality.name for quality in Quality]
    for name in rule.on_quality:
        if name not in names:
            yield "on_quality", f'no quality is called "{name}"; {nearest(name, names)}'
