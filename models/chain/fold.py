"""What is folded over the canonical logs of a chain, and can be taken back, log by log."""

from typing import Any, Protocol

from schemas.chain import BlockAt
from schemas.chain_event import Event


class Fold(Protocol):
    """State that follows from the canonical logs alone, whatever happened on the way there.

    After `undo(apply(…))` the state equals what it was, in every observable way. State is plain
    and picklable; `snapshot` and `restore` are inverse.
    """

    def apply(self, at: BlockAt, address: str, event: Event) -> Any:
        """Take a canonical log of the contract `address`, in order.

        Returns what `undo` needs, as plain immutable values; None when the log does not concern
        this state.
        """
        ...

    def undo(self, done: Any) -> None:
        """Take back what `apply` returned; called in the reverse order."""
        ...

    def snapshot(self) -> bytes:
        """Everything."""
        ...

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        ...
