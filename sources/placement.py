"""Which connection has which symbols: where one is it stays, a new one goes where there is room.

Names of connections are kept over restarts, and what waits for whom follows from where a symbol
is; so a symbol that is listed later must not push others from one connection to the next, though
the venue's own split is by the order of symbols.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

Split = Callable[[Sequence[str]], list[tuple[str, ...]]]
"""The venue's own: symbols → groups of which each fits on one connection."""

_NUMBER: Final = re.compile(r"-([0-9]+)")


def connection_name(venue: str, number: int, tier: str = "") -> str:
    """The name of the number-th connection (from 1) of a venue or of a tier of it.

    >>> connection_name("v", 1), connection_name("v", 1, "public"), connection_name("v", 2, "p")
    ('v-1', 'v-public', 'v-p-2')
    """
    if not tier:
        return f"{venue}-{number}"
    return f"{venue}-{tier}" if number == 1 else f"{venue}-{tier}-{number}"


def connection_number(name: str, venue: str, tier: str = "") -> int | None:
    """Inverse of `connection_name`; None for a name of another venue or tier.

    >>> connection_number("v-p-2", "v", "p"), connection_number("v-p-2", "v", "public")
    (2, None)
    """
    stem = f"{venue}-{tier}" if tier else venue
    if tier and name == stem:
        return 1
    found = _NUMBER.fullmatch(name.removeprefix(stem)) if name.startswith(stem) else None
    return None if found is None else int(found[1])


def parts(
    split: Split, symbols: Sequence[str], before: Mapping[int, Sequence[str]]
) -> dict[int, tuple[str, ...]]:
    """Symbols of each connection, by number. before: those of the connections that there are.

    A new symbol goes to the first connection that still is one with it; those that no connection
    takes get new ones.
    """
    if not before:
        return dict(enumerate(split(symbols), start=1))
    wanted = frozenset(symbols)
    found = {k: tuple(s for s in before[k] if s in wanted) for k in sorted(before)}
    placed = {symbol for part in found.values() for symbol in part}
    rest = []
    for symbol in symbols:
        if symbol in placed:
            continue
        number = _room(split, symbol, found)
        if number is None:
            rest.append(symbol)
        else:
            found[number] = (*found[number], symbol)
    more = split(rest) if rest else []
    return found | dict(enumerate(more, start=max(found) + 1))


def fitting(
    fits: Callable[[Sequence[str]], bool], symbols: Sequence[str], beside: Sequence[str] = ()
) -> list[str]:
    """Those of the symbols that fit beside others, each tried in its turn.

    Where all together do not, halves are tried: mostly all fit, or few do not.

    >>> fitting(lambda some: len(some) <= 3, "abcd", "x")
    ['a', 'b']
    """
    if not symbols or fits((*beside, *symbols)):
        return [*symbols]
    if len(symbols) == 1:
        return []
    half = len(symbols) // 2
    first = fitting(fits, symbols[:half], beside)
    return [*first, *fitting(fits, symbols[half:], (*beside, *first))]


def _room(split: Split, symbol: str, found: Mapping[int, tuple[str, ...]]) -> int | None:
    for number, part in found.items():
        if len(split((*part, symbol))) == 1:
            return number
    return None
