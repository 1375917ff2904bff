"""What no single setting shows: whether settings fit together and what they name exists."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path as File
from typing import Any, Final

from msgspec import UnsetType

from flows.rule_mistakes import rule_mistakes
from flows.settings_shape import dotted
from flows.toml_places import Path
from schemas.duration import duration_ns
from schemas.errors import UsageError, nearest
from schemas.instrument import VENUES
from schemas.rule import Rule
from schemas.settings import RegimeSettings, Settings
from schemas.tables import TABLES
from schemas.units import NS_PER_MS, NS_PER_S
from sinks.address import address

Found = Iterator[tuple[Path, str]]
Named = list[tuple[Path, str]]

_RUN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def sense_mistakes(settings: Settings) -> Found:
    """Path and text of everything that does not fit; elements that are UNSET are passed over."""
    if not _RUN_NAME.fullmatch(settings.run):
        yield ("run",), f'run "{settings.run}" must be 1 to 64 letters, digits, ".", "_" or "-"'
    try:
        address(settings.store.url)
    except UsageError as error:
        yield ("store", "url"), f"store.url: {error}"
    yield from _clocks(settings)
    yield from _regime(settings.regime)
    for i, source in _present(settings.source):
        yield from _source_venue(source.venue, ("source", i, "venue"))
    yield from _files(settings)
    listed = enumerate(settings.regime.members or ())
    members: Named = [(("regime", "members", i), name) for i, name in listed]
    names: Named = [(("instrument", i, "name"), x.name) for i, x in _present(settings.instrument)]
    for path, name in names + members:
        yield from _instrument(name, path)
    yield from _twice(names)
    yield from _twice(members)
    rules = list(_present(settings.rule))
    yield from _rules(rules)


def _clocks(settings: Settings) -> Found:
    path: Path = ("grid", "interval")
    try:
        grid = duration_ns(settings.grid.interval)
    except UsageError as error:
        yield path, f"grid.interval: {error}"
        return
    if grid < NS_PER_MS:
        yield path, f'grid.interval "{settings.grid.interval}" is below 1ms'
        return
    if NS_PER_S % grid and grid % NS_PER_S:
        shown = settings.grid.interval
        yield path, f'grid.interval "{shown}" must divide 1s, or be a whole number of seconds'
        return
    step = settings.regime.step_s
    if step * NS_PER_S % NS_PER_S or step * NS_PER_S % grid:
        blamed: Path = path if step == RegimeSettings().step_s else ("regime", "step_s")
        yield (
            blamed,
            f"regime.step_s must be a whole number of seconds and a multiple of the grid "
            f"({settings.grid.interval}), not {step:g}",
        )


def _regime(regime: RegimeSettings) -> Found:
    if regime.leave > regime.enter:
        yield ("regime", "leave"), f"regime.leave must not be above regime.enter ({regime.enter:g})"
    if regime.threshold_leave > regime.threshold_enter:
        limit = f"regime.threshold_enter ({regime.threshold_enter:g})"
        yield ("regime", "threshold_leave"), f"regime.threshold_leave must not be above {limit}"
    if (1 - regime.stay_probability) * regime.step_s / 60 >= 1:
        yield (
            ("regime", "stay_probability"),
            f"regime.stay_probability is per 60 s: over a step of {regime.step_s:g} s "
            f"nothing of it is left",
        )


def _venue(venue: str | None, path: Path) -> Found:
    if venue is not None and venue not in VENUES:
        yield path, f'unknown venue "{venue}", {nearest(venue, VENUES)}'


def _source_venue(venue: str | None, path: Path) -> Found:
    if venue is None:
        return
    from sources.registry import VENUES as READ  # loads kernels: only when a venue is named

    if venue in VENUES and venue not in READ:
        yield path, f'recordings of "{venue}" cannot be read yet, only {", ".join(READ)}'
    else:
        yield from _venue(venue, path)


def _instrument(name: str, path: Path) -> Found:
    venue, colon, symbol = name.partition(":")
    if not (venue and colon and symbol):
        example = f"{VENUES[0]}:BTCUSDT"
        yield path, f'"{name}" is no instrument: write <venue>:<symbol>, as in {example}'
    else:
        yield from _venue(venue, path)


def _files(settings: Settings) -> Found:
    named: Named = [
        (("source", i, "files", k), file)
        for i, source in _present(settings.source)
        for k, file in enumerate(source.files)
    ]
    for i, source in _present(settings.source):
        if not source.files:
            yield ("source", i, "files"), "source.files names no file"
    for path, file in named:
        if not File(file).is_file():
            what = "is not a file" if File(file).exists() else "does not exist"
            yield path, f"{file} {what}"
    yield from _twice(named)


def _rules(rules: Sequence[tuple[int, Rule]]) -> Found:
    for index, field, text in rule_mistakes([rule for _, rule in rules], TABLES):
        yield ("rule", rules[index][0], *field.split(".")), f"rule.{field}: {text}"


def _present(elements: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    return ((i, x) for i, x in enumerate(elements) if not isinstance(x, UnsetType))


def _twice(named: Named) -> Found:
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield path, f'{dotted(path)}: "{name}" stands twice'
        seen.add(name)
