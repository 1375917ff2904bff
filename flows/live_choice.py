"""What a run listens to when it starts again: what it had stays where it is.

The spool says what it had. Names and patterns of the settings are chosen anew; the most traded
(`top`) are chosen at the first start only, and filled up when `top` has grown.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from schemas.errors import UsageError
from schemas.instrument import Instrument
from schemas.settings import SourceSettings
from sources.instrument_choice import choose, is_pattern, matching
from sources.instrument_lines import Listings, entry_of
from sources.instruments import Catalogue
from sources.live.feed import Plan, having
from sources.live.told import Entry, Told, told_in
from sources.placement import fitting


def told_of(venue: str, spool: Path) -> dict[str, Told]:
    """What the connections of a venue have said in the spool of a run, by name."""
    folders = sorted(spool.iterdir()) if spool.is_dir() else []
    found = {folder.name: told for folder in folders if (told := told_in(folder)) is not None}
    return {name: told for name, told in found.items() if told.venue == venue}


def chosen(
    catalogue: Catalogue,
    source: SourceSettings,
    told: Mapping[str, Told],
    tell: Callable[[str], None],
) -> tuple[Instrument, ...]:
    """The instruments of a source, sorted by name. Raises UsageError as `choose` does."""
    had = {symbol for one in told.values() for symbol in one.last}
    ever = had | {symbol for one in told.values() for symbol in one.first}
    if not ever:
        return choose(catalogue, source.instruments, source.top)
    listed = {i.symbol: i for i in catalogue.instruments}
    if gone := sorted(ever.intersection(source.instruments) - listed.keys()):
        tell(f"{catalogue.venue}: not listed any more: {', '.join(gone)}")
    names = [name for name in source.instruments if not is_pattern(name) and name not in gone]
    found = {i.symbol for i in choose(catalogue, names)}
    found.update(matching(catalogue, source.instruments))
    if source.top is not None:
        found |= had & listed.keys()
        most = sorted(catalogue.turnover_usd.items(), key=lambda entry: (-entry[1], entry[0]))
        others = [symbol for symbol, usd in most if usd > 0.0 and symbol not in found]
        found.update(others[: max(source.top - len(found), 0)])
    if not found:
        message = f"{catalogue.venue}: nothing of what the run listened to is listed any more"
        raise UsageError(message)
    return tuple(sorted((listed[symbol] for symbol in found), key=_name_of))


def _name_of(instrument: Instrument) -> str:
    return instrument.name


def in_order(instruments: Sequence[Instrument], told: Mapping[str, Told]) -> list[str]:
    """Their symbols, those that the run has had first, each where it was."""
    mine = {i.symbol for i in instruments}
    had = [symbol for one in told.values() for symbol in one.last if symbol in mine]
    return list(dict.fromkeys([*had, *sorted(mine)]))


def planned(
    symbols: Sequence[str],
    told: Mapping[str, Told],
    plans_of: Callable[[Sequence[str]], Sequence[Plan]],
    tell: Callable[[str], None],
) -> list[Plan]:
    """Plans of symbols (see `in_order`), also one for each connection that has lost all of its own.

    What the venue takes no more of is told and left out, where the run has begun; else raises
    UsageError.
    """

    def fits(some: Sequence[str]) -> bool:
        try:
            plans_of(some)
        except UsageError:
            return False
        return True

    try:
        plans = [*plans_of(symbols)]
    except UsageError:
        fit = fitting(fits, symbols) if told else []
        if not fit:
            raise
        plans = [*plans_of(fit)]
        venue = next(iter(told.values())).venue
        left_out = sorted({*symbols}.difference(fit))
        tell(f"{venue}: the venue takes no more, left out: {', '.join(left_out)}")
    having_some = {plan.name for plan in plans}
    plans += [Plan(name, "", (), ()) for name in sorted(told) if name not in having_some]
    return plans


def news(
    told: Told, plan: Plan, plans: Sequence[Plan], instruments: Sequence[Instrument]
) -> Listings:
    """What the line after `!start` says: the difference from what the spool said last."""
    now = {i.symbol: i for i in instruments if i.symbol in plan.symbols}
    listed = [i for symbol, i in now.items() if told.last.get(symbol) != entry_of(i)]
    return Listings(
        tuple(entry_of(i, having(plans, i.symbol)) for i in listed),
        tuple(symbol for symbol in told.last if symbol not in now),
    )


def entries(plan: Plan, instruments: Sequence[Instrument]) -> list[Entry]:
    """The instruments of a plan as a header has them."""
    return [entry_of(i) for i in instruments if i.symbol in plan.symbols]
