"""Arrays that nobody may write to: chunks are shared by every step that reads them."""

import numpy as np

from schemas.chunk import Array


def frozen(array: Array) -> Array:
    """The array, contiguous and read-only (a copy only when it has gaps)."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
