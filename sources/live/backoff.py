"""How long to wait before trying again: doubling, jittered, short again after health."""

from collections.abc import Callable


class Backoff:
    """Waits of one connection. `random` gives numbers in [0, 1)."""

    def __init__(
        self, least_s: float, most_s: float, healthy_s: float, random: Callable[[], float]
    ) -> None:
        self.least_s = least_s
        self.most_s = most_s
        self.healthy_s = healthy_s
        self._random = random
        self._step_s = least_s

    def wait_s(self, lived_s: float, at_least_s: float = 0.0) -> float:
        """Seconds to wait after an attempt whose connection lived for `lived_s` (0: failed).

        Between half a step and a whole one, so that connections cut together do not come back
        together; `at_least_s` is what the venue asked for.
        """
        if lived_s >= self.healthy_s:
            self._step_s = self.least_s
        step_s = self._step_s
        self._step_s = min(2 * step_s, self.most_s)
        return max(at_least_s, step_s * (1 + self._random()) / 2)
