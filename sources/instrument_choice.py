"""Which instruments of a catalogue are wanted, and what has changed between two catalogues."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.errors import UsageError
from schemas.instrument import Instrument
from sources.instruments import Catalogue

_WILD: Final = "*?["
_SHOWN: Final = 3  # names of a venue, as examples


class Changes(Struct, frozen=True):
    """What a later catalogue has and an earlier one has not, has not and has, has otherwise."""

    listed: tuple[Instrument, ...]
    delisted: tuple[Instrument, ...]
    changed: tuple[tuple[Instrument, Instrument], ...]  # before, after


def choose(
    catalogue: Catalogue, wanted: Sequence[str], top: int | None = None
) -> tuple[Instrument, ...]:
    """The instruments of these symbols and patterns, and the `top` most traded; sorted by name.

    A pattern has `*`, `?` or `[…]` and takes no notice of case; a symbol is written as the venue
    writes it. Raises UsageError with a line for everything that chooses nothing.
    """
    by_symbol = {i.symbol: i for i in catalogue.instruments}
    mistakes = [f"{catalogue.venue}: {text}" for _, text in missing(catalogue, wanted)]
    chosen = {i.name: i for name in wanted for i in _named(catalogue, by_symbol, name)}
    if top is not None:
        most = _most_traded(catalogue)[:top]
        chosen |= {by_symbol[symbol].name: by_symbol[symbol] for symbol in most}
        if not most:
            mistakes.append(f"{catalogue.venue} says of nothing how much of it was traded")
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return tuple(chosen[name] for name in sorted(chosen))


def missing(catalogue: Catalogue, wanted: Sequence[str]) -> list[tuple[int, str]]:
    """Place and text of every symbol and pattern that chooses nothing."""
    by_symbol = {i.symbol: i for i in catalogue.instruments}
    return [
        (k, _nothing(catalogue, name))
        for k, name in enumerate(wanted)
        if not _named(catalogue, by_symbol, name)
    ]


def _named(
    catalogue: Catalogue, by_symbol: Mapping[str, Instrument], name: str
) -> Sequence[Instrument]:
    if is_pattern(name):
        return _matching(catalogue, name)
    return [by_symbol[name]] if name in by_symbol else []


def is_pattern(name: str) -> bool:
    """Whether a name stands for several.

    >>> is_pattern("BTC*"), is_pattern("BTC-USD")
    (True, False)
    """
    return any(character in name for character in _WILD)


def matching(catalogue: Catalogue, wanted: Sequence[str]) -> list[str]:
    """Symbols of the catalogue that these names and patterns choose, sorted; perhaps none."""
    names = {name for name in wanted if not is_pattern(name)}
    found = {i.symbol for i in catalogue.instruments if i.symbol in names}
    for pattern in filter(is_pattern, wanted):
        found.update(i.symbol for i in _matching(catalogue, pattern) if i is not None)
    return sorted(found)


def same(before: Instrument, after: Instrument) -> bool:
    """Whether nothing has changed; what told it does not count."""
    return replace(before, source=after.source) == after


def differences(before: Catalogue, after: Catalogue) -> Changes:
    """Listed, delisted and changed instruments, by name. What told them does not count."""
    old = {i.name: i for i in before.instruments}
    new = {i.name: i for i in after.instruments}
    both = sorted(old.keys() & new.keys())
    return Changes(
        tuple(new[name] for name in sorted(new.keys() - old.keys())),
        tuple(old[name] for name in sorted(old.keys() - new.keys())),
        tuple((old[name], new[name]) for name in both if not same(old[name], new[name])),
    )


def _most_traded(catalogue: Catalogue) -> list[str]:
    """Symbols that were traded at all, from the most traded on; ties by symbol."""
    turnover = catalogue.turnover_usd
    return sorted(
        (symbol for symbol, usd in turnover.items() if usd > 0.0),
        key=lambda symbol: (-turnover[symbol], symbol),
    )


def _matching(catalogue: Catalogue, pattern: str) -> list[Instrument]:
    upper = pattern.upper()
    return [i for i in catalogue.instruments if fnmatchcase(i.symbol.upper(), upper)]


def _nothing(catalogue: Catalogue, name: str) -> str:
    if is_pattern(name):
        return f'no instrument is called "{name}", {_examples(catalogue)}'
    return f'unknown instrument "{name}", {_nearest(catalogue, name)}'


def _nearest(catalogue: Catalogue, name: str) -> str:
    """The nearest name whatever its case: there are too many to show them all."""
    by_upper = {i.symbol.upper(): i.symbol for i in catalogue.instruments}
    close = get_close_matches(name.upper(), by_upper, n=1, cutoff=0.6)
    return f'did you mean "{by_upper[close[0]]}"?' if close else _examples(catalogue)


def _examples(catalogue: Catalogue) -> str:
    known = _most_traded(catalogue) or [i.symbol for i in catalogue.instruments]
    return f"there are {len(catalogue.instruments)}, such as {', '.join(known[:_SHOWN])}"
