"""A connection's way in: the gate, the start line, the spool, the lane, what the owner is told."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from schemas.control import Wish
from schemas.errors import SeawallError
from schemas.quality import Quality
from sources.live.feeding import Feeding, Gate
from sources.live.health import FeedHealth, State
from sources.live.lane import Lane
from sources.live.spool import Position
from tests.sources.live.alive import Owner
from tests.sources.live.spools import AT, line, lines, spool


class Scene:
    """Feedings over real spools; the owner only remembers."""

    def __init__(self, folder: Path, *names: str) -> None:
        owner: Any = Owner(*names)
        self.owner = owner
        self.gate = Gate(owner)
        self.spools = {name: spool(folder / name) for name in names}
        self.feedings = {name: self._feeding(name) for name in names}

    def _feeding(self, name: str) -> Feeding:
        lane: Lane[Position] = Lane(
            name,
            append=self.spools[name].append,
            now_ns=lambda: AT,
            most_frames=100,
            most_bytes=10_000,
        )
        return Feeding(self.spools[name], lane, self.owner, self.gate)

    def close(self) -> None:
        for one in self.spools.values():
            one.close()


def scene(folder: Path, *names: str) -> tuple[Scene, Sequence[Feeding]]:
    made = Scene(folder, *names)
    return made, list(made.feedings.values())


def test_the_owner_starts_when_every_connection_has_read_what_was_before(tmp_path: Path) -> None:
    made, (a, b, c) = scene(tmp_path, "a", "b", "c")
    for one in (b, a, b, a):
        one.start(again=False)
        assert made.owner.calls == []
    c.start(again=False)
    assert made.owner.calls == [("start",)]
    made.close()


def test_each_feed_has_its_own_gate(tmp_path: Path) -> None:
    one, (a,) = scene(tmp_path / "1", "a")
    two, (_, c) = scene(tmp_path / "2", "b", "c")
    a.start(again=False)
    c.start(again=False)
    assert (one.owner.calls, two.owner.calls) == ([("start",)], [])
    one.close()
    two.close()


def test_the_gate_opens_once_whichever_threads_come(tmp_path: Path) -> None:
    names = [str(number) for number in range(40)]
    owner: Any = Owner(*names)
    gate = Gate(owner)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(gate.ready, names))
    assert owner.calls == [("start",)]


def test_the_start_line_is_written_before_the_owner_is_started(tmp_path: Path) -> None:
    made, (one,) = scene(tmp_path, "a")
    order = []
    made.owner.start = lambda: order.append(made.spools["a"].lines)
    one.start(again=True)
    assert order == [1]
    text = b'%d !{"k":"start"}\n' % AT
    assert b"".join(one.lines_from(0)) == text
    assert (one.drain(10), one.drain(10)) == ((text, True), (b"", False))
    made.close()


def test_the_first_start_is_no_line(tmp_path: Path) -> None:
    made, (one,) = scene(tmp_path, "a")
    one.start(again=False)
    assert (made.spools["a"].lines, one.drain(10)) == (0, (b"", False))
    made.close()


def test_the_spool_from_a_byte_and_between_bytes(tmp_path: Path) -> None:
    made, (one,) = scene(tmp_path, "a")
    assert list(one.lines_from(0)) == []
    assert list(one.since(0, 0)) == []
    made.spools["a"].append(lines(1, 9))
    text, first = b"".join(lines(1, 9)), len(line(1))
    assert b"".join(one.lines_from(first)) == text[first:]
    assert b"".join(one.since(3, first + 5)) == text[3 : first + 5]
    assert list(one.lines_from(len(text))) == []
    assert list(one.since(len(text), len(text))) == []
    with pytest.raises(SeawallError, match="ends 1 bytes before the place"):
        list(one.since(0, len(text) + 1))
    made.close()


def test_the_lane_without_waiting(tmp_path: Path) -> None:
    made, (one,) = scene(tmp_path, "a")
    for number in range(3):
        one.lane.frame(b"%d" % number)
    assert one.drain(2) == (b"%d 0\n%d 1\n" % (AT, AT), False)
    one.lane.fail(SeawallError("no more"))
    assert one.drain(2) == (b"%d 2\n" % AT, True)
    with pytest.raises(SeawallError, match="no more"):
        one.drain(2)
    made.close()


def test_what_the_owner_is_told(tmp_path: Path) -> None:
    made, (_, b) = scene(tmp_path, "a", "b")
    wish = Wish("v:A", "http://there", "sequence")
    b.wish(wish)
    b.satisfied("v:A")
    b.satisfied("v:A", "http://there")
    assert made.owner.calls == [
        ("wish", "b", wish),
        ("satisfied", "b", "v:A", None),
        ("satisfied", "b", "v:A", "http://there"),
    ]
    assert not b.ended
    made.owner.ended = True
    assert b.ended
    made.close()


def test_health_since_the_last_time(tmp_path: Path) -> None:
    made, (one,) = scene(tmp_path, "a")
    one.lane.counters.state, one.lane.counters.opened = State.open, 1
    one.lane.frame(b"123")
    one.seen(AT - 1, 2, 3, [10.0])
    one.seen(AT, 5, 4, [30.0, 20.0])
    made.owner.late = ("v:A",)
    first = FeedHealth(
        connection="a", state="open", messages=1, bytes=3, lag_p50_ms=20.0, lag_p99_ms=29.8,
        gaps=5, reconnects=0, rejected=4, overflow_drops=0, refused_topics=0,
        unacknowledged_topics=0, rest_failed=0, rate_limited=0, queue_frames=1,
        stale_instruments=("a", "v:A"), clock_offset_ms=10.0, quality=Quality.gap,
    )  # fmt: skip
    assert one.health() == first
    one.drain(10)
    one.seen(AT, 5, 6, [])
    second = one.health()
    assert (second.gaps, second.rejected, second.messages, second.queue_frames) == (0, 2, 0, 0)
    assert (second.lag_p50_ms, second.quality) == (None, Quality.degraded)
    made.close()
