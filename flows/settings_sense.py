"""What no single setting shows: whether settings fit together and what they name exists."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import UnsetType

from flows.rule_mistakes import rule_mistakes
from flows.settings_sources import (
    Found,
    Named,
    live_mistakes,
    source_mistakes,
    twice,
    unknown_venue,
)
from flows.toml_places import Path
from schemas.duration import duration_ns
from schemas.errors import UsageError
from schemas.instrument import VENUES
from schemas.rule import Rule
from schemas.settings import RegimeSettings, Settings
from schemas.tables import TABLES
from schemas.units import NS_PER_MS, NS_PER_S
from sinks.address import address

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
    yield from source_mistakes(list(present(settings.source)))
    yield from live_mistakes(settings.live)
    listed = enumerate(settings.regime.members or ())
    members: Named = [(("regime", "members", i), name) for i, name in listed]
    names: Named = [(("instrument", i, "name"), x.name) for i, x in present(settings.instrument)]
    for path, name in names + members:
        yield from _instrument(name, path)
    yield from twice(names)
    yield from twice(members)
    yield from twice([(("chain", i, "name"), x.name) for i, x in present(settings.chain)])
    yield from _chains(settings)
    rules = list(present(settings.rule))
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


def _instrument(name: str, path: Path) -> Found:
    venue, colon, symbol = name.partition(":")
    if not (venue and colon and symbol):
        example = f"{VENUES[0]}:BTCUSDT"
        yield path, f'"{name}" is no instrument: write <venue>:<symbol>, as in {example}'
    else:
        yield from unknown_venue(venue, path)


def _chains(settings: Settings) -> Found:
    """Two sections of one chain, and contracts that stand twice in one."""
    seen: set[int] = set()
    for i, chain in present(settings.chain):
        if chain.id in seen:
            yield ("chain", i, "id"), f"chain.id: a second chain {chain.id}: write them as one"
        seen.add(chain.id)
        pools = [(("chain", i, "pool", k, "address"), x.address) for k, x in present(chain.pool)]
        feeds = [(("chain", i, "oracle", k, "proxy"), x.proxy) for k, x in present(chain.oracle)]
        markets = [(("chain", i, "lending", k, "name"), x.name) for k, x in present(chain.lending)]
        for named in (pools, feeds, markets):
            yield from twice([(path, text.lower()) for path, text in named])
        for k, market in present(chain.lending):
            if market.protocol.startswith("aave") and market.oracle is None:
                path = ("chain", i, "lending", k)
                yield path, f'{market.name}: a market of Aave needs "oracle", its prices\' source'


def _rules(rules: Sequence[tuple[int, Rule]]) -> Found:
    for index, field, text in rule_mistakes([rule for _, rule in rules], TABLES):
        yield ("rule", rules[index][0], *field.split(".")), f"rule.{field}: {text}"


def present(elements: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """Index and element of those that are not UNSET."""
    return ((i, x) for i, x in enumerate(elements) if not isinstance(x, UnsetType))
