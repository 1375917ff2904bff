"""Books whose snapshots come in the stream itself: in sequence, or lost until the next snapshot.

A loss is a Gap and a wish for the book's stream to be subscribed anew (a Wish without URL), once
per loss. An update before any snapshot is no loss: it is left out, and wished for once.
"""

from msgspec import Struct

from schemas.control import Gap, Wish
from sources.batch import Batch


class Chain(Struct):
    """The state of one book."""

    known: bool = False
    last_id: int = -1
    wished: bool = False


class Chains:
    """The books of one connection, by instrument name."""

    def __init__(self) -> None:
        self.states: dict[str, Chain] = {}

    def last_id(self, instrument: str) -> int:
        """Id of the last applied frame, −1 while the book is unknown."""
        state = self.states.get(instrument)
        return state.last_id if state is not None and state.known else -1

    def snapshot(self, instrument: str, last_id: int) -> None:
        """A snapshot applies: the book is known from here on."""
        self.states[instrument] = Chain(known=True, last_id=last_id)

    def update(self, batch: Batch, instrument: str, last_id: int, *, follows: bool) -> bool:
        """Whether an update applies; `follows` says whether it continues `last_id(instrument)`."""
        state = self.states.setdefault(instrument, Chain())
        if not state.known:
            self._wish(batch, instrument, state, "unsynchronised")
            return False
        if not follows:
            self.lose(batch, instrument, "sequence")
            return False
        state.last_id = last_id
        return True

    def lose(self, batch: Batch, instrument: str, reason: str) -> None:
        """Lose one book."""
        state = self.states.setdefault(instrument, Chain())
        if state.known:
            batch.item(Gap(instrument, batch.connection, batch.received_ns, batch.line, reason))
            state.wished = False
        state.known, state.last_id = False, -1
        self._wish(batch, instrument, state, reason)

    def lose_all(self, batch: Batch, reason: str) -> None:
        """Lose every book of the connection."""
        for instrument in sorted(self.states):
            self.lose(batch, instrument, reason)

    def _wish(self, batch: Batch, instrument: str, state: Chain, reason: str) -> None:
        if not state.wished:
            state.wished = True
            batch.item(Wish(instrument, "", reason))
