"""Numbers in text, as kernels: whole numbers and plain decimals between two bytes of a buffer.

A plain decimal is `digits[.digits]`. Its value mantissa / 10^decimals is what `float()` gives,
bit for bit, while the mantissa is below 2^53 and decimals at most 22: both are then exact
doubles and one division rounds once. Anything else is handed back (−1) to the slow decoder.
"""

from typing import Final

import numpy as np

from schemas.kernel import compiled

EXACT: Final = 1 << 53
MOST_MS: Final = (1 << 63) // 1_000_000  # a time in ms below this is an int64 in ns
_LONGEST = 18
POWERS: Final = 10.0 ** np.arange(23)
_ZERO, _NINE, _POINT = 48, 57, 46


def whole_plain(buffer, start, stop):  # type: ignore[no-untyped-def]
    """The non-negative whole number in [start, stop), or −1."""
    if stop <= start or stop - start > _LONGEST:
        return np.int64(-1)
    value = np.int64(0)
    for p in range(start, stop):
        digit = np.int64(buffer[p]) - _ZERO
        if digit < 0 or digit > 9:
            return np.int64(-1)
        value = value * 10 + digit
    return value


def decimal_plain(buffer, start, stop):  # type: ignore[no-untyped-def]
    """(mantissa, decimals) of the plain decimal in [start, stop), or (−1, 0)."""
    if stop <= start or stop - start > _LONGEST:
        return np.int64(-1), 0
    value = np.int64(0)
    point = np.int64(-1)
    for p in range(start, stop):
        c = np.int64(buffer[p])
        digit = c - _ZERO
        if 0 <= digit <= 9:
            value = value * 10 + digit
        elif c == _POINT and point < 0 and p > start and p + 1 < stop:
            point = np.int64(p)
        else:
            return np.int64(-1), 0
    if value >= EXACT:
        return np.int64(-1), 0
    return value, stop - 1 - point if point >= 0 else np.int64(0)


whole = compiled(whole_plain)
decimal = compiled(decimal_plain)
