"""Numbers as a person reads them in a terminal: few digits, a unit, "–" for what is not known."""

from math import floor, log10
from typing import Final

NONE: Final = "–"
_TINY: Final = 1e-6
_SPANS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def three(value: float | None, unit: str = "") -> str:
    """Three digits that mean something, whole numbers from 100 on.

    >>> three(0.01234, "bp"), three(1234.5), three(None, "bp")
    ('0.0123 bp', '1,234', '–')
    """
    if value is None:
        return NONE
    size = abs(value)
    if 0 < size < _TINY:
        return _with(f"{value:.2e}", unit)
    digits = 2 - floor(log10(float(f"{size:.3g}"))) if size else 0
    return _with(f"{value:,.{max(0, digits)}f}", unit)


def percent(share: float | None) -> str:
    """A share or an annual volatility; 1.0 is 100 %.

    >>> percent(3.8123), percent(0.071)
    ('381 %', '7.10 %')
    """
    return three(None if share is None else share * 100, "%")


_PADDED: Final = 6  # decimals of a venue that writes them all


def price(value: float | None, decimals: int | None) -> str:
    """In the venue's decimals; one more where the price lies between two ticks.

    Some venues write eight of them whatever the tick is: then no more than needed, at least two.

    >>> price(92314.55, 1), price(92314.5, 1), price(0.00001234567, None), price(92314.5, 8)
    ('92,314.55', '92,314.5', '0.000012346', '92,314.50')
    """
    if value is None:
        return NONE
    if decimals is None:
        digits = 4 - floor(log10(abs(value))) if value else 0
        return f"{value:,.{min(12, max(2, digits))}f}"
    ticks = value * 10**decimals
    decimals, padded = decimals + (abs(ticks - round(ticks)) > 0.01), decimals >= _PADDED
    told = f"{value:,.{decimals}f}"
    if not padded:
        return told
    whole, _, fraction = told.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


def millis(value: float | None) -> str:
    """A duration in ms, signed.

    >>> millis(-0.52), millis(51.7), millis(12_340.0)
    ('-0.5 ms', '52 ms', '12.3 s')
    """
    if value is None:
        return NONE
    if abs(value) >= 10_000:
        return three(value / 1000, "s")
    return f"{value:,.{1 if abs(value) < 10 else 0}f} ms"


def rate(value: float | None) -> str:
    """Per second.

    >>> rate(1234.4), rate(0.25)
    ('1,234 /s', '0.2 /s')
    """
    return NONE if value is None else f"{value:,.{0 if value >= 10 else 1}f} /s"


def span(seconds: float | None) -> str:
    """How long, in its two largest units.

    >>> span(0.42), span(184), span(7_500), span(None)
    ('0.4 s', '3 min 4 s', '2 h 5 min', '–')
    """
    if seconds is None:
        return NONE
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    first = next(k for k, (size, _) in enumerate(_SPANS) if whole >= size)
    parts = []
    for size, unit in _SPANS[first : first + 2]:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def _with(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text
