"""Rules over published rows: rows of every table in, rows of `triggers` out.

Each (rule, scope) is one key with its own machine (`models/rules.py`), so that triggers do not
depend on batches, workers or the order of scopes. Rows of a table that no rule watches cost one
look-up. Step names are part of the recovery state: renaming one starts it empty.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Stream
from bytewax.operators import StatefulBatchLogic
from msgspec import Struct

from models.rules import RuleMachine, Transition, seconds_ns
from schemas.errors import BrokenInvariant
from schemas.quality import Quality
from schemas.rule import Rule
from schemas.tables import Rows, rows_item
from schemas.trigger import Trigger
from schemas.units import NS_PER_US
from schemas.wire import message_id, topic_of, trigger_kind

VERSION: Final = 1  # of the snapshot
TOPIC: Final = topic_of("triggers")


class Sample(Struct, frozen=True, gc=False, array_like=True):
    """What a rule needs of one row."""

    rule: str
    scope: str
    ts: int
    value: float | None
    quality: Quality
    flags: tuple[str, ...]


class _Watch(Struct, frozen=True):
    rule: str
    value_of: Callable[[Any], float | None]
    tests: tuple[tuple[Callable[[Any], str], frozenset[str]], ...]


def picker(rules: Sequence[Rule]) -> Callable[[list[Rows]], list[tuple[str, Sample]]]:
    """A function from items to keyed samples: those rows that some rule watches."""
    watched: dict[str, list[_Watch]] = {}
    for rule in rules:
        if rule.table == "triggers":
            message = f"rule {rule.name} watches triggers, which it would feed itself"
            raise BrokenInvariant(message)
        tests = tuple(
            (attrgetter(column), frozenset(accepted)) for column, accepted in rule.scope.items()
        )
        watched.setdefault(rule.table, []).append(_Watch(rule.name, attrgetter(rule.column), tests))

    def pick(items: list[Rows]) -> list[tuple[str, Sample]]:
        picked = []
        for item in items:
            watches = watched.get(item.table)
            if watches is None:
                continue
            scope = "|".join(item.scope)
            for row in item.rows:
                told: Any = row  # every watched table has ts, quality and flags
                for watch in watches:
                    if all(column(told) in accepted for column, accepted in watch.tests):
                        value = watch.value_of(told)
                        sample = Sample(watch.rule, scope, told.ts, value, told.quality, told.flags)
                        picked.append((f"{watch.rule}|{scope}", sample))
        return picked

    return pick


class TriggerLogic(StatefulBatchLogic[Sample, Rows, tuple[Any, ...]]):
    """The machine of one key "<rule>|<scope>"; its rule comes with the first sample."""

    def __init__(
        self, rules: Mapping[str, Rule], run: str, resumed: tuple[Any, ...] | None
    ) -> None:
        """Empty, or to be continued from a snapshot.

        Raises BrokenInvariant when the snapshot has another version.
        """
        if resumed is not None and resumed[0] != VERSION:
            message = f"triggers: state of version {resumed[0]}, this code has {VERSION}"
            raise BrokenInvariant(message)
        self._rules, self._run = rules, run
        self._resumed = resumed
        self._machine: RuleMachine | None = None

    def on_batch(self, values: list[Sample]) -> tuple[Iterable[Rows], bool]:
        """One item per sample that changes something, in the order of the samples."""
        machine = self._machine or self._started(values[0].rule)
        items = []
        for sample in values:
            changes = machine.evaluate(sample.ts, sample.value, sample.quality)
            if changes:
                rows = [trigger_row(self._run, machine.rule, sample, it) for it in changes]
                items.append(rows_item(*rows))
        return items, self.RETAIN

    def _started(self, rule: str) -> RuleMachine:
        machine = self._machine = RuleMachine(self._rules[rule])
        if self._resumed is not None:
            machine.restore(self._resumed[1])
        return machine

    def on_eof(self) -> tuple[Iterable[Rows], bool]:
        """Nothing: the next run continues here."""
        return [], self.RETAIN

    def snapshot(self) -> tuple[Any, ...]:
        """Version and the machine's state."""
        if self._machine is None:
            return self._resumed or (VERSION, None)
        return VERSION, self._machine.snapshot()


def trigger_row(run: str, rule: Rule, sample: Sample, change: Transition) -> Trigger:
    """The published row of a transition."""
    ts_us = change.ts // NS_PER_US
    kind = trigger_kind(rule.name, change.state.name)
    valid_s = rule.advice_valid_s
    return Trigger(
        ts=change.ts,
        id=message_id(TOPIC, run, sample.scope, ts_us, kind),
        rule=rule.name,
        scope=sample.scope,
        metric=rule.metric,
        state=change.state,
        value=change.value,
        enter_level=rule.enter,
        leave_level=rule.leave_level,
        escalate_level=rule.escalate,
        since=change.since,
        evidence=_evidence(rule, sample, change),
        advice=rule.advice,
        expires=None if valid_s is None else change.ts + seconds_ns(valid_s),
        quality=sample.quality,
        flags=sample.flags,
    )


def _evidence(rule: Rule, sample: Sample, change: Transition) -> str:
    evidence = {
        "rows": [[row.ts // NS_PER_US, row.value, row.hit] for row in change.window],
        "hits": change.hits,
        "m": rule.m,
        "n": rule.n,
        "op": rule.op,
        "quality": sample.quality.name,
        "flags": sample.flags,
    }
    return msgspec.json.encode(evidence).decode()


def triggers(step_id: str, rows: Stream[Rows], rules: Sequence[Rule], run: str) -> Stream[Rows]:
    """Items of `triggers` from the merged items of all tables.

    Within (table, scope) items must come in order of ts. `run` is part of each trigger's id.
    """
    by_name = {rule.name: rule for rule in rules}
    picked = op.flat_map_batch(f"{step_id}_pick", rows, picker(rules))
    changed = op.stateful_batch(
        f"{step_id}_rules", picked, lambda resumed: TriggerLogic(by_name, run, resumed)
    )
    return op.key_rm(f"{step_id}_rows", changed)
