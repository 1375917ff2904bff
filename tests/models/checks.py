"""A battery that every estimator of a model runs: the same demands, whatever it estimates.

An estimator is fed tuples of arguments of `update`, the first being the time in ns. Each check
takes a factory and a feed; `battery` runs those that need nothing else.
"""

import math
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import msgspec
import pytest

Make = Callable[[], Any]
Feed = Sequence[tuple[Any, ...]]

REFUSED = (math.inf, -math.inf, math.nan, 0.0, -1.0)


def run(estimator: Any, feed: Iterable[tuple[Any, ...]]) -> list[Any]:
    return [estimator.update(*arguments) for arguments in feed]


def same(left: Any, right: Any, relative: float = 0.0) -> None:
    """Structs, dicts, sequences and numbers are equal, floats to `relative` (0: to the bit)."""
    if isinstance(left, msgspec.Struct):
        left = msgspec.structs.asdict(left)
    if isinstance(right, msgspec.Struct):
        right = msgspec.structs.asdict(right)
    if isinstance(left, dict):
        assert left.keys() == right.keys()
        for name in left:
            try:
                same(left[name], right[name], relative)
            except AssertionError as error:
                text = f"{name}: {error}"
                raise AssertionError(text) from error
    elif isinstance(left, list | tuple):
        assert len(left) == len(right)
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            try:
                same(one, other, relative)
            except AssertionError as error:
                text = f"[{index}] {error}"
                raise AssertionError(text) from error
    elif isinstance(left, float) and isinstance(right, float):
        assert math.isclose(left, right, rel_tol=relative, abs_tol=0.0), f"{left!r} {right!r}"
    else:
        assert left == right, f"{left!r} {right!r}"


@contextmanager
def plain_kernels() -> Iterator[None]:
    """Within, every kernel of `models` runs as the plain Python it was written in."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("models.") and isinstance(module, ModuleType):
                for kernel, function in list(vars(module).items()):
                    if hasattr(function, "py_func"):
                        patch.setattr(module, kernel, function.py_func)
        yield


def check_snapshot(make: Make, feed: Feed) -> None:
    """Restored from a pickle half-way, it continues to the bit; taking a snapshot does nothing."""
    whole = run(make(), feed)
    for cut in (0, 1, len(feed) // 3, len(feed) // 2, len(feed) - 1):
        first = make()
        head = run(first, feed[:cut])
        state = first.snapshot()
        assert isinstance(state, tuple)
        restored = type(first).restore(pickle.loads(pickle.dumps(state)))
        assert restored.snapshot() == state
        same(head + run(restored, feed[cut:]), whole)


def check_gap_restart(make: Make, feed: Feed) -> None:
    """A third of the stream is lost; restarting inside the hole or around it changes nothing."""
    third = len(feed) // 3
    check_snapshot(make, [*feed[:third], *feed[-third:]])  # one of its cuts is the hole


def check_no_alias(make: Make, feed: Feed) -> None:
    """A snapshot does not change when the estimator goes on, nor do two restored ones mix."""
    first = make()
    half = len(feed) // 2
    run(first, feed[:half])
    state = first.snapshot()
    copy = pickle.loads(pickle.dumps(state))
    rest = run(first, feed[half:])
    assert state == copy
    one, other = type(first).restore(state), type(first).restore(state)
    for arguments, expected in zip(feed[half:], rest, strict=True):
        same(one.update(*arguments), expected)
        same(other.update(*arguments), expected)


def check_version(make: Make) -> None:
    """A state of another version is refused."""
    estimator = make()
    with pytest.raises(ValueError, match="version"):
        type(estimator).restore((99, *estimator.snapshot()[1:]))


def check_plain(make: Make, feed: Feed) -> None:
    """Plain and compiled kernels give the same numbers."""
    compiled = run(make(), feed)
    with plain_kernels():
        plain = run(make(), feed)
    same(plain, compiled, relative=1e-14)


def check_bounded(make: Make, feed: Feed, most_bytes: int) -> None:
    """The state does not grow with the stream and stays under `most_bytes`."""
    estimator = make()
    sizes = []
    for start in range(0, len(feed), max(1, len(feed) // 4)):
        run(estimator, feed[start : start + max(1, len(feed) // 4)])
        sizes.append(len(pickle.dumps(estimator.snapshot())))
    assert max(sizes) <= most_bytes
    assert sizes[-1] - sizes[0] <= 4096


def check_time_back(make: Make, feed: Feed) -> None:
    """A time at or before the last one is refused and changes nothing."""
    estimator = make()
    run(estimator, feed[:2])
    state = estimator.snapshot()
    for arguments in feed[:2]:
        with pytest.raises(ValueError, match="not after"):
            estimator.update(*arguments)
    assert estimator.snapshot() == state


def check_refuses(make: Make, feed: Feed) -> None:
    """A price that is not a finite number above 0 is refused and changes nothing."""
    estimator = make()
    run(estimator, feed[:-1])
    state = estimator.snapshot()
    ts, _, *others = feed[-1]
    for price in REFUSED:
        with pytest.raises(ValueError, match="not a number above 0"):
            estimator.update(ts, price, *others)
    assert estimator.snapshot() == state


def battery(make: Make, feed: Feed, most_bytes: int) -> None:
    """All checks that hold for any estimator."""
    check_snapshot(make, feed)
    check_gap_restart(make, feed)
    check_no_alias(make, feed)
    check_version(make)
    check_plain(make, feed)
    check_bounded(make, feed, most_bytes)
    check_time_back(make, feed)
