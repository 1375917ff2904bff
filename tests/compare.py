"""Row for row comparison with a tolerance on floats; says the first field that differs."""

from collections.abc import Sequence
from math import isclose
from typing import Any

from msgspec.structs import asdict


def same(ours: Any, theirs: Any, rel: float, absolute: float) -> bool:
    """Equal values; floats within a tolerance, containers element by element."""
    if isinstance(ours, tuple | list) and isinstance(theirs, tuple | list):
        pairs = zip(ours, theirs, strict=False)
        return len(ours) == len(theirs) and all(same(a, b, rel, absolute) for a, b in pairs)
    if isinstance(ours, float) and isinstance(theirs, float):
        return isclose(ours, theirs, rel_tol=rel, abs_tol=absolute)
    return bool(ours == theirs)


def assert_rows_equal(
    ours: Sequence[Any], theirs: Sequence[Any], *, rel: float = 0.0, absolute: float = 0.0
) -> None:
    """Fail with the first row and all its fields that differ."""
    for number, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        left, right = asdict(a), asdict(b)
        wrong = {k: (left[k], right[k]) for k in left if not same(left[k], right[k], rel, absolute)}
        assert not wrong, f"row {number} at ts={left.get('ts')}: {wrong}"
    assert len(ours) == len(theirs)
