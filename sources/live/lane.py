"""One connection's way to the flow: stamp, append to the spool, then a bounded queue.

The feeder's thread writes, the flow's thread drains; neither ever waits for the other. What does
not fit is lost before it is written, so that the spool holds exactly what the flow gets: when the
queue is full every newer line is dropped until it is half empty, and then one `!overflow` line
says how many there were. That line loses the connection's books, whatever else was dropped.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from sources.live.health import Counters

P = TypeVar("P")  # a position in the spool


class Drained(Struct, Generic[P]):
    """What the flow takes at a time: whole lines, and where the spool stands after the last."""

    data: bytes
    lines: int
    position: P | None  # None: there were no lines


class Lane(Generic[P]):
    """The lines of one connection. `append` returns the position after what it has written.

    `last_ns` is the stamp of the spool's last line.
    """

    def __init__(
        self,
        name: str,
        *,
        append: Callable[[list[bytes]], P],
        now_ns: Callable[[], int],
        most_frames: int,
        most_bytes: int,
        last_ns: int = 0,
    ) -> None:
        self.name = name
        self.counters = Counters()
        self.last_ns = last_ns  # stamp of the last line written; no later one is older
        self._append = append
        self._now_ns = now_ns
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._queue: deque[tuple[bytes, P]] = deque()
        self._put_bytes = 0  # only the feeder's thread changes it
        self._got_bytes = 0  # only the flow's
        self._overflowing = False
        self._lost = 0  # frames and answers, in this overflow
        self._failure: BaseException | None = None

    # -- the feeder's thread -------------------------------------------------------------------

    def frame(self, payload: bytes) -> None:
        """Take a frame as it came; only line ends within it become spaces.

        A frame that begins like an answer or a control line gets a space in front: no venue can
        speak in our name.
        """
        self._take(b" " + payload if payload[:1] in (b"@", b"!") else payload, counts=True)

    def answer(self, url: str, body: bytes) -> None:
        """Take a REST answer."""
        self._take(b"@%s %s" % (url.replace(" ", "%20").encode(), body), counts=True)

    def control(self, word: str, **more: Any) -> None:
        """Write a control line of our own."""
        self._take(b"!" + msgspec.json.encode({"k": word, **more}), counts=False)

    def finish(self) -> None:
        """Say what an overflow lost, though the queue is full: nothing more is coming."""
        if self._overflowing:
            self._overflow_ends()

    def fail(self, error: BaseException) -> None:
        """End the lane: the flow gets the error after the last line."""
        self._failure = self._failure or error

    def _take(self, payload: bytes, *, counts: bool) -> None:
        size = len(payload)
        if self._overflowing and self._room(size, share=2):
            self._overflow_ends()
        elif not self._overflowing and not self._room(size, share=1):
            self._overflowing = True
            self.counters.overflows += 1
        if self._overflowing:
            self._lost += counts
            self.counters.dropped += counts
            return
        self._write(payload)
        if counts:
            self.counters.messages += 1
            self.counters.bytes += size

    def _overflow_ends(self) -> None:
        self._overflowing = False
        self._write(b'!{"k":"overflow","dropped":%d}' % self._lost)
        self._lost = 0

    def _room(self, size: int, *, share: int) -> bool:
        """Whether a share of the queue is free, and `size` bytes fit; one line always fits."""
        if not self._queue:
            return True
        waiting = self.waiting_bytes
        return (
            len(self._queue) < self._most_frames // share
            and waiting <= self._most_bytes // share
            and waiting + size <= self._most_bytes
        )

    def _write(self, payload: bytes) -> None:
        if b"\n" in payload:
            payload = payload.replace(b"\n", b" ")
        self.last_ns = max(self._now_ns(), self.last_ns)
        line = b"%d %s\n" % (self.last_ns, payload)
        position = self._append([line])
        self._put_bytes += len(line)
        self._queue.append((line, position))

    # -- the flow's thread ---------------------------------------------------------------------

    def drain(self, most_lines: int) -> Drained[P]:
        """Take up to `most_lines` lines, without waiting. Raises what ended the feeder."""
        failure = self._failure  # looked at first: nothing is written after it
        lines: list[bytes] = []
        position: P | None = None
        while self._queue and len(lines) < most_lines:
            line, position = self._queue.popleft()
            lines.append(line)
        if not lines and failure is not None:
            raise failure
        data = b"".join(lines)
        self._got_bytes += len(data)
        return Drained(data, len(lines), position)

    # -- either --------------------------------------------------------------------------------

    @property
    def waiting_frames(self) -> int:
        """Lines in the queue."""
        return len(self._queue)

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the queue."""
        return self._put_bytes - self._got_bytes
