"""Arrays that nobody may write to."""

import numpy as np
import pytest

from sources.frozen import frozen


def test_a_view_stays_a_view_and_only_it_is_frozen() -> None:
    rows = np.arange(6).reshape(2, 3)
    part = frozen(rows[1])
    assert np.shares_memory(part, rows)
    assert rows.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        part[0] = 1


def test_what_has_gaps_is_copied() -> None:
    rows = np.arange(6).reshape(2, 3)
    part = frozen(rows[:, 1])
    assert (part.tolist(), part.flags.c_contiguous, part.flags.writeable) == ([1, 4], True, False)
    assert not np.shares_memory(part, rows)
