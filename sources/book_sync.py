"""Keeping a book stream in step with its snapshot, one instrument at a time, without a socket.

Until a snapshot matches, frames are held. Then the snapshot, what was held and every further
frame in unbroken sequence apply. A break is a gap: the book is lost, a snapshot is wished for,
once per loss and once per snapshot that does not match.
"""

from typing import Final

from msgspec import Struct, field

HELD_ROWS: Final = 5_000  # oldest held frames go beyond this; a snapshot answers within seconds
REPETITIONS: Final = 20  # more in a row: the venue counts anew, so the book is lost


class Continuity(Struct, frozen=True):
    """How a venue numbers its frames.

    `by_previous`: a frame names the id of the one before it (`pu`), and the first frame must
    straddle the snapshot's id; else ids are dense and a frame starts at the last id + 1.
    """

    by_previous: bool

    def is_older(self, last_id: int, snapshot_id: int) -> bool:
        """Whether the snapshot already has all of a frame."""
        return last_id < snapshot_id if self.by_previous else last_id <= snapshot_id

    def is_first(self, first_id: int, last_id: int, snapshot_id: int) -> bool:
        """Whether a frame may be the first to apply on a snapshot."""
        bridge = snapshot_id if self.by_previous else snapshot_id + 1
        return first_id <= bridge <= last_id

    def follows(self, first_id: int, previous_id: int, applied_id: int) -> bool:
        """Whether a frame comes right after the last applied one."""
        return previous_id == applied_id if self.by_previous else first_id == applied_id + 1


class Held(Struct):
    """A frame, or a snapshot (first_id = last_id), kept as plain bytes so that it can be stored."""

    first_id: int
    last_id: int
    previous_id: int
    venue_ns: int
    side: bytes  # i8
    px_ticks: bytes  # i64
    size: bytes  # f64

    @property
    def rows(self) -> int:
        """Number of levels."""
        return len(self.side)


class Outcome(Struct):
    """What to do now: apply these in order, then perhaps a gap, then perhaps wish."""

    apply: list[Held] = []
    gap: bool = False
    wish: bool = False


class BookSync(Struct):
    """The state of one instrument's book stream."""

    synced: bool = False
    last_id: int = -1
    repeated: int = 0  # frames at or below last_id since one has run on
    wished: bool = False
    held: list[Held] = field(default_factory=list)
    held_rows: int = 0
    snapshot: Held | None = None  # waiting for its first frame

    def runs_on(self, continuity: Continuity, first_id: int, previous_id: int) -> bool:
        """Whether a frame simply applies."""
        return self.synced and continuity.follows(first_id, previous_id, self.last_id)

    def run_on(self, last_id: int) -> None:
        """Take note that frames up to `last_id` apply."""
        self.last_id = last_id
        self.repeated = 0

    def lose(self) -> Outcome:
        """Lose the book: an error of the stream, a reconnect, a failed self-check."""
        was = self.synced
        self.synced, self.snapshot, self.repeated = False, None, 0
        self._keep([])
        self.wished = True
        return Outcome(gap=was, wish=True)

    def on_frame(self, continuity: Continuity, frame: Held) -> Outcome:
        """Take a frame that does not simply run on."""
        if self.synced:
            if frame.last_id <= self.last_id:
                self.repeated += 1
                if self.repeated <= REPETITIONS:
                    return Outcome()
            outcome = self.lose()
            self._hold(frame)
            return outcome
        if self.snapshot is None:
            self._hold(frame)
            wish, self.wished = not self.wished, True
            return Outcome(wish=wish)
        if continuity.is_older(frame.last_id, self.snapshot.last_id):
            return Outcome()
        self._hold(frame)
        return self._match(continuity, self.snapshot)

    def on_snapshot(self, continuity: Continuity, snapshot: Held) -> Outcome:
        """Take a snapshot; one that was not needed is ignored."""
        if self.synced:
            return Outcome()
        if self.snapshot is not None and snapshot.last_id < self.snapshot.last_id:
            return Outcome()  # a late answer: the newer one waits already
        self._keep([f for f in self.held if not continuity.is_older(f.last_id, snapshot.last_id)])
        if not self.held:
            self.snapshot = snapshot
            return Outcome()
        return self._match(continuity, snapshot)

    def _match(self, continuity: Continuity, snapshot: Held) -> Outcome:
        first = self.held[0]
        self.snapshot = None
        if not continuity.is_first(first.first_id, first.last_id, snapshot.last_id):
            self.wished = True
            return Outcome(wish=True)
        self.synced, self.wished = True, False
        apply = [snapshot, first]
        self.last_id = first.last_id
        for at, frame in enumerate(self.held[1:], start=1):
            if frame.last_id <= self.last_id:
                continue
            if not continuity.follows(frame.first_id, frame.previous_id, self.last_id):
                rest = self.held[at:]
                outcome = self.lose()
                self._keep(rest)
                return Outcome(apply, gap=outcome.gap, wish=outcome.wish)
            apply.append(frame)
            self.last_id = frame.last_id
        self._keep([])
        return Outcome(apply)

    def _hold(self, frame: Held) -> None:
        self.held.append(frame)
        self.held_rows += frame.rows
        while self.held_rows > HELD_ROWS and len(self.held) > 1:
            self.held_rows -= self.held.pop(0).rows

    def _keep(self, frames: list[Held]) -> None:
        self.held, self.held_rows = frames, sum(frame.rows for frame in frames)
