"""The storage of a chain: values by key, what each block changed in it, and overlays.

Whatever a contract knows stands here and nowhere else, so a block is taken back by putting back
what it overwrote, and a call at an old block sees what was there. A key that is absent reads 0.
"""

from collections import deque
from collections.abc import Hashable
from typing import Any, Final, Protocol

KEPT: Final = 256  # blocks that can be taken back or asked about

_ABSENT: Final = object()


class State(Protocol):
    """What contracts read and write."""

    def get(self, key: Hashable, default: Any = 0) -> Any:
        """A value; it must not be changed in place."""

    def set(self, key: Hashable, value: Any) -> None:
        """Put a value, immutable."""


class Overlay:
    """Writes that are not yet, or never will be, those of the state below."""

    def __init__(self, below: State) -> None:
        self._below = below
        self._own: dict[Hashable, Any] = {}

    def get(self, key: Hashable, default: Any = 0) -> Any:
        """The newest value."""
        found = self._own.get(key, _ABSENT)
        return self._below.get(key, default) if found is _ABSENT else found

    def set(self, key: Hashable, value: Any) -> None:
        """Put a value here alone."""
        self._own[key] = value

    def commit(self) -> None:
        """Put everything into the state below."""
        for key, value in self._own.items():
            self._below.set(key, value)
        self._own.clear()


class Store:
    """The canonical state. `seal` ends a block, `unwind` takes the last one back."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}
        self._before: dict[Hashable, Any] = {}  # of what this block overwrote
        self._past: deque[dict[Hashable, Any]] = deque(maxlen=KEPT)

    def get(self, key: Hashable, default: Any = 0) -> Any:
        """The value now."""
        return self._values.get(key, default)

    def set(self, key: Hashable, value: Any) -> None:
        """Put a value."""
        old = self._values.get(key, _ABSENT)
        if old is not _ABSENT and old == value:
            return
        self._before.setdefault(key, old)
        self._values[key] = value

    def changes(self) -> list[tuple[str, Any]]:
        """What this block has changed so far, in an order that does not depend on how."""
        return sorted((repr(key), self._values[key]) for key in self._before)

    def seal(self) -> None:
        """End a block."""
        self._past.append(self._before)
        self._before = {}

    def unwind(self) -> None:
        """Take the last block back, and what came after it. Raises IndexError if it is too old."""
        for before in (self._before, self._past.pop()):
            for key, old in before.items():
                if old is _ABSENT:
                    del self._values[key]
                else:
                    self._values[key] = old
        self._before = {}

    def before(self, blocks: int) -> "Past":
        """The state as it was before the last so many blocks. Raises LookupError if too old."""
        if blocks > len(self._past):
            message = f"state of {blocks} blocks ago is no longer kept"
            raise LookupError(message)
        changes = [self._past[-k] for k in range(blocks, 0, -1)]  # the oldest first
        return Past(self._values, [*changes, self._before])

    def items(self) -> dict[Hashable, Any]:
        """Everything, as a copy."""
        return dict(self._values)


class Past:
    """An earlier state, for reading. Holds until the store changes."""

    def __init__(self, values: dict[Hashable, Any], changes: list[dict[Hashable, Any]]) -> None:
        self._values = values
        self._changes = changes

    def get(self, key: Hashable, default: Any = 0) -> Any:
        """The value then."""
        for before in self._changes:
            if key in before:
                old = before[key]
                return default if old is _ABSENT else old
        return self._values.get(key, default)

    def set(self, key: Hashable, value: Any) -> None:
        """The past does not change. Raises TypeError."""
        del value
        message = f"{key!r} of the past cannot be set"
        raise TypeError(message)
