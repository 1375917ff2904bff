"""Durations as settings write them: "250ms", "1s", "2m", "1h". Names ending in `_s` take numbers.

Inside the process a duration is a whole number of nanoseconds.
"""

import re
from decimal import Decimal
from typing import Final

from schemas.errors import UsageError
from schemas.units import NS_PER_MS, NS_PER_S, NS_PER_US, S_PER_DAY

UNITS: Final = {
    "us": NS_PER_US,
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
    "d": S_PER_DAY * NS_PER_S,
}
_DURATION: Final = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*([a-zµ]+)\s*", re.ASCII)


def duration_ns(text: str) -> int:
    """Nanoseconds of a duration such as "250ms"; exact.

    Raises UsageError when the text is no duration, is zero, or is no whole number of nanoseconds.

    >>> duration_ns("250ms"), duration_ns("1.5s"), duration_ns("1h")
    (250000000, 1500000000, 3600000000000)
    """
    match = _DURATION.fullmatch(text)
    if match is None or match[2] not in UNITS:
        units = ", ".join(UNITS)
        message = f'"{text}" is not a duration: write a number and one of {units}, as in "250ms"'
        raise UsageError(message)
    exact = Decimal(match[1]) * UNITS[match[2]]
    if exact != int(exact):
        message = f'"{text}" is not a whole number of nanoseconds'
        raise UsageError(message)
    if exact == 0:
        message = f'"{text}" is no time at all: a duration is above zero'
        raise UsageError(message)
    return int(exact)
