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
_OURS = (b"@", b"!")  # how lines begin that are no frames
_AROUND = 22  # bytes of a line around its payload: stamp, blanks, line end


class Drained(Struct, Generic[P]):
    """What the flow takes at a time: whole lines, and where the spool stands after the last."""

    data: bytes
    lines: int
    position: P | None  # None: there were no lines
    urgent: bool = False  # some of them are not to wait


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
        self.most_frames = most_frames
        self._most_bytes = most_bytes
        self._queue: deque[tuple[bytes, int, P]] = deque()  # lines, how many, the place after them
        self._put_bytes = self._put_lines = 0  # only the feeder's thread changes them
        self._got_bytes = self._got_lines = 0  # only the flow's
        self._hurries = 0  # only the feeder's thread changes it
        self._hurried = 0  # only the flow's
        self._overflowing = False
        self._lost = 0  # frames and answers, in this overflow
        self._failure: BaseException | None = None

    # -- the feeder's thread -------------------------------------------------------------------

    def frame(self, payload: bytes) -> None:
        """Take a frame as it came; only line ends within it become spaces.

        A frame that begins like an answer or a control line gets a space in front: no venue can
        speak in our name.
        """
        self._take(b" " + payload if payload[:1] in _OURS else payload, counts=True)

    def frames(self, payloads: list[bytes]) -> None:
        """Take frames that came together: they get one stamp and are written at once."""
        size = sum(map(len, payloads))
        together = self._room(size + _AROUND * len(payloads), len(payloads))
        if self._overflowing or not payloads or not together:
            for payload in payloads:
                self.frame(payload)
            return
        self._write([b" " + p if p[:1] in _OURS else p for p in payloads])
        self.counters.messages += len(payloads)
        self.counters.bytes += size

    def answer(self, url: str, body: bytes) -> None:
        """Take a REST answer."""
        self._take(b"@%s %s" % (url.replace(" ", "%20").encode(), body), counts=True)
        self.hurry()

    def control(self, word: str, **more: Any) -> None:
        """Write a control line of our own."""
        self._take(b"!" + msgspec.json.encode({"k": word, **more}), counts=False)
        self.hurry()

    def insist(self, word: str, **more: Any) -> None:
        """Write a control line that what follows cannot be read without, though the queue is full.

        In an overflow it stands before the line that tells of it.
        """
        self._write([b"!" + msgspec.json.encode({"k": word, **more})])
        self.hurry()

    def hurry(self) -> None:
        """What has been written is not to wait for the next grid time."""
        self._hurries += 1

    def finish(self) -> None:
        """Say what an overflow lost, though the queue is full: nothing more is coming."""
        if self._overflowing:
            self._overflow_ends()

    def fail(self, error: BaseException) -> None:
        """End the lane: the flow gets the error after the last line."""
        self._failure = self._failure or error
        self.hurry()

    def _take(self, payload: bytes, *, counts: bool) -> None:
        size = len(payload)
        if self._overflowing and self._room(size, 1, share=2):
            self._overflow_ends()
        elif not self._overflowing and not self._room(size, 1):
            self._overflowing = True
            self.counters.overflows += 1
        if self._overflowing:
            self._lost += counts
            self.counters.dropped += counts
            return
        self._write([payload])
        if counts:
            self.counters.messages += 1
            self.counters.bytes += size

    def _overflow_ends(self) -> None:
        self._overflowing = False
        self._write([b'!{"k":"overflow","dropped":%d}' % self._lost])
        self._lost = 0

    def _room(self, size: int, lines: int, *, share: int = 1) -> bool:
        """Whether a share of the queue is free, and all of it fits; one line always fits."""
        if not self._queue and lines == 1:
            return True
        waiting = self.waiting_bytes
        return (
            self.waiting_frames + lines <= self.most_frames // share
            and waiting <= self._most_bytes // share
            and waiting + size <= self._most_bytes
        )

    def _write(self, payloads: list[bytes]) -> None:
        self.last_ns = max(self._now_ns(), self.last_ns)
        stamp = b"%d " % self.last_ns
        lines = [stamp + p.replace(b"\n", b" ") + b"\n" for p in payloads]
        position = self._append(lines)
        data = b"".join(lines)
        self._put_bytes += len(data)
        self._put_lines += len(lines)
        self._queue.append((data, len(lines), position))

    # -- the flow's thread ---------------------------------------------------------------------

    def drain(self, most_lines: int) -> Drained[P]:
        """Take lines until there are `most_lines` or none, without waiting.

        What came together is taken together. Raises what ended the feeder.
        """
        failure, hurries = self._failure, self._hurries  # looked at before what they are about
        urgent = hurries != self._hurried
        if failure is None:  # else whoever drains has to come again for it
            self._hurried = hurries
        parts: list[bytes] = []
        count = 0
        position: P | None = None
        while self._queue and count < most_lines:
            data, lines, position = self._queue.popleft()
            parts.append(data)
            count += lines
        if not count and failure is not None:
            raise failure
        data = b"".join(parts)
        self._got_bytes += len(data)
        self._got_lines += count
        return Drained(data, count, position, urgent)

    # -- either --------------------------------------------------------------------------------

    @property
    def urgent(self) -> bool:
        """Whether something waits that is not to wait for the next grid time."""
        return self._hurries != self._hurried

    @property
    def waiting_frames(self) -> int:
        """Lines in the queue."""
        return self._put_lines - self._got_lines

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the queue."""
        return self._put_bytes - self._got_bytes
