"""The waiting times that the design states, and the one that has no default."""

import pytest

from sources.live.timing import Timing


def test_the_defaults_are_those_of_the_design() -> None:
    timing = Timing(grid_ns=250_000_000)
    assert (timing.backoff_least_s, timing.backoff_most_s) == (0.5, 30.0)
    assert (timing.acknowledge_s, timing.wish_repeat_s) == (10.0, 30.0)
    assert timing.clock_late_ns == 3_000_000
    assert timing.close_s < 2.0  # a stop ends within 2 s


def test_the_grid_must_be_given() -> None:
    with pytest.raises(TypeError, match="grid_ns"):
        Timing()  # type: ignore[call-arg]
