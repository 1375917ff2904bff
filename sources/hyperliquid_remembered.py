"""Which fills were seen: the last ones of each coin, so that none is counted twice.

A new stream repeats recent fills, so this outlives a stream. It is bounded by a number of ids
per coin; of those forgotten the newest time is kept.
"""

from typing import Any, Final

REMEMBERED: Final = 256  # fills per coin; the repeats seen so far were 30


class Remembered:
    """Ids of fills by coin, oldest first."""

    def __init__(self) -> None:
        self._times_ms: dict[str, dict[int, int]] = {}  # coin → fill id → time
        self._floor_ms: dict[str, int] = {}  # coin → newest time that was forgotten

    def floor_ms(self, coin: str) -> int:
        """Repeats up to this time were seen, even where their ids are forgotten; −1: none."""
        return self._floor_ms.get(coin, -1)

    def is_new(self, coin: str, fill_id: int, time_ms: int) -> bool:
        """Whether this fill is met for the first time; it is remembered."""
        times_ms = self._times_ms.setdefault(coin, {})
        if fill_id in times_ms:
            return False
        times_ms[fill_id] = time_ms
        if len(times_ms) > REMEMBERED:
            forgotten_ms = times_ms.pop(next(iter(times_ms)))
            self._floor_ms[coin] = max(forgotten_ms, self.floor_ms(coin))
        return True

    def snapshot(self) -> Any:
        """As plain values."""
        return [
            (coin, self.floor_ms(coin), list(times_ms.items()))
            for coin, times_ms in self._times_ms.items()
        ]

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        self._times_ms = {coin: dict(fills) for coin, _, fills in state}
        self._floor_ms = {coin: floor_ms for coin, floor_ms, _ in state if floor_ms >= 0}
