"""Back-off: doubling to a bound, jittered between half a step and a whole one, reset by health."""

from sources.live.backoff import Backoff


def waits(luck: float, lives_s: list[float], **more: float) -> list[float]:
    backoff = Backoff(0.5, 3.0, 60.0, lambda: luck)
    return [backoff.wait_s(lived_s, **more) for lived_s in lives_s]


def test_steps_double_up_to_the_longest() -> None:
    assert waits(1.0, [0.0] * 5) == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_chance_takes_up_to_half_of_a_step() -> None:
    assert waits(0.0, [0.0] * 4) == [0.25, 0.5, 1.0, 1.5]
    assert waits(0.5, [0.0] * 2) == [0.375, 0.75]


def test_a_connection_that_lived_makes_the_next_wait_short() -> None:
    assert waits(1.0, [0.0, 0.0, 59.9, 60.0, 0.0]) == [0.5, 1.0, 2.0, 0.5, 1.0]


def test_what_the_venue_asks_for_is_kept() -> None:
    assert waits(1.0, [0.0, 0.0], at_least_s=0.75) == [0.75, 1.0]
