"""The lane: append before queue, the same lines in the same order, bounded, never silent."""

import threading
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SeawallError
from sources.lines import ANSWER, BAD, CONTROL, FRAME
from sources.live.lane import Drained, Lane
from tests.sources.live.faulty import Watched
from tests.sources.talk import indexed


def watched(most_frames: int = 100, most_bytes: int = 10_000) -> Watched:
    tick = count(1)
    return Watched(now_ns=lambda: next(tick), most_frames=most_frames, most_bytes=most_bytes)


def test_what_comes_out_is_what_was_appended_with_the_place_after_it() -> None:
    seen = watched()
    lane = seen.lane
    lane.control("open", url="ws://there")
    lane.frame(b'{"a":1}')
    lane.answer("http://there/depth?symbol=A", b'{"b":2}')
    lane.control("close", reason="lost")
    lines = [
        b'1 !{"k":"open","url":"ws://there"}\n',
        b'2 {"a":1}\n',
        b'3 @http://there/depth?symbol=A {"b":2}\n',
        b'4 !{"k":"close","reason":"lost"}\n',
    ]
    assert seen.appended == lines
    assert lane.drain(3) == Drained(b"".join(lines[:3]), 3, 3, urgent=True)
    assert lane.drain(3) == Drained(lines[3], 1, 4)
    assert lane.drain(3) == Drained(b"", 0, None)
    assert (lane.counters.messages, lane.counters.bytes) == (2, 7 + 36)
    assert (lane.waiting_frames, lane.waiting_bytes) == (0, 0)


def test_nothing_is_queued_that_was_not_appended_before() -> None:
    waiting: list[int] = []

    def append(lines: list[bytes]) -> int:
        waiting.append(lane.waiting_frames)
        return 0

    lane: Lane[int] = Lane(
        "toy-1", append=append, now_ns=lambda: 1, most_frames=10, most_bytes=1000
    )
    for _ in range(3):
        lane.frame(b"x")
    assert waiting == [0, 1, 2]


def test_what_is_urgent_is_told_once_with_its_lines_and_a_failure_for_ever() -> None:
    seen = watched()
    lane = seen.lane
    lane.frame(b"x")
    assert (lane.urgent, lane.drain(9).urgent) == (False, False)
    for write in (lambda: lane.control("open"), lambda: lane.answer("u", b"{}"),
                  lambda: lane.insist("instruments"), lane.hurry):  # fmt: skip
        write()
        assert lane.urgent
        assert (lane.drain(9).urgent, lane.urgent, lane.drain(9).urgent) == (True, False, False)
    lane.frame(b"last")
    lane.fail(SeawallError("gone"))
    assert lane.drain(9) == Drained(b"5 last\n", 1, 5, urgent=True)
    assert lane.urgent


def test_what_cannot_be_appended_is_not_queued() -> None:
    def append(lines: list[bytes]) -> int:
        message = "the disk is full"
        raise SeawallError(message)

    lane: Lane[int] = Lane(
        "toy-1", append=append, now_ns=lambda: 1, most_frames=10, most_bytes=1000
    )
    with pytest.raises(SeawallError, match="disk is full"):
        lane.frame(b"x")
    assert lane.waiting_frames == 0


def test_stamps_never_go_back_not_even_behind_the_line_of_an_earlier_run() -> None:
    times = iter([5, 20, 12, 21])
    lines: list[bytes] = []
    lane: Lane[int] = Lane(
        "toy-1",
        append=lambda more: lines.extend(more) or 0,
        now_ns=lambda: next(times),
        most_frames=10,
        most_bytes=1000,
        last_ns=9,
    )
    for _ in range(4):
        lane.frame(b"x")
    assert lines == [b"9 x\n", b"20 x\n", b"20 x\n", b"21 x\n"]
    assert lane.last_ns == 21


def test_frames_that_came_together_have_one_stamp_and_one_place() -> None:
    seen = watched()
    lane = seen.lane
    lane.frames([b"a", b"!b", b"c\nd", b""])
    lane.frame(b"e")
    lines = [b"1 a\n", b"1  !b\n", b"1 c d\n", b"1 \n"]
    assert seen.appended == [*lines, b"2 e\n"]
    assert (lane.counters.messages, lane.counters.bytes) == (5, 7)
    assert lane.waiting_frames == 5
    assert lane.drain(1) == Drained(b"".join(lines), 4, 4)
    assert lane.drain(1) == Drained(b"2 e\n", 1, 5)


@given(st.lists(st.lists(st.integers(1, 60), max_size=6), max_size=12), st.integers(0, 4))
def test_together_or_one_by_one_the_same_is_kept_and_dropped(
    arrivals: list[list[int]], drained: int
) -> None:
    together, apart = (Watched(now_ns=lambda: 7, most_frames=8, most_bytes=150) for _ in range(2))
    for sizes in arrivals:
        payloads = [b"%d" % k * size for k, size in enumerate(sizes)]
        together.lane.frames(payloads)
        for payload in payloads:
            apart.lane.frame(payload)
        if together.lane.waiting_frames == apart.lane.waiting_frames <= drained:
            together.lane.drain(100)
            apart.lane.drain(100)
    assert together.payloads == apart.payloads
    counters = together.lane.counters, apart.lane.counters
    assert counters[0] == counters[1]


@pytest.mark.parametrize(
    ("frame", "kind", "payload"),
    [
        (b'{"a":\n1}\n', FRAME, b'{"a": 1} '),
        (b'!{"k":"end"}', FRAME, b' !{"k":"end"}'),
        (b"@http://evil {}", FRAME, b" @http://evil {}"),
        (b'a\n1 !{"k":"end"}', FRAME, b'a 1 !{"k":"end"}'),
        (b"", BAD, b"2 "),
    ],
)
def test_no_frame_can_be_taken_for_something_else(frame: bytes, kind: int, payload: bytes) -> None:
    seen = watched()
    for each in (b"before", frame, b"after"):
        seen.lane.frame(each)
    lines = indexed(seen.lane.drain(10).data)
    assert lines.kind.tolist() == [FRAME, kind, FRAME]
    assert lines.payload(1) == payload


def test_an_answer_is_one_line_too() -> None:
    seen = watched()
    seen.lane.answer("http://a/b?c=d e", b'{\n"a":\n1}')
    seen.lane.control("open", url="a\nb")
    lines = indexed(seen.lane.drain(10).data)
    assert lines.kind.tolist() == [ANSWER, CONTROL]
    assert lines.payload(0) == b'@http://a/b?c=d%20e { "a": 1}'


def test_overflow_drops_the_newest_and_says_so_in_one_line() -> None:
    seen = watched(most_frames=4)
    lane = seen.lane
    for k in range(10):
        lane.frame(b"%d" % k)
    assert seen.payloads == [b"0", b"1", b"2", b"3"]
    assert (lane.counters.dropped, lane.counters.overflows) == (6, 1)
    assert lane.drain(2).lines == 2  # two wait: half of four, which is not yet less than half
    lane.frame(b"10")
    assert lane.drain(1).lines == 1
    lane.frame(b"11")
    lane.frame(b"12")
    assert seen.payloads[4:] == [b'!{"k":"overflow","dropped":7}', b"11", b"12"]
    assert (lane.counters.dropped, lane.counters.overflows) == (7, 1)
    assert lane.counters.messages == 6
    assert lane.drain(10).data == b"".join(seen.appended[3:])


def test_bytes_are_bounded_as_well_and_one_frame_always_fits() -> None:
    seen = watched(most_bytes=100)
    lane = seen.lane
    lane.frame(b"x" * 500)
    lane.frame(b"y")
    assert (lane.waiting_frames, lane.counters.dropped) == (1, 1)
    lane.drain(1)
    lane.frame(b"z" * 40)
    lane.frame(b"z" * 40)
    lane.frame(b"z" * 40)
    assert seen.payloads[1:] == [b'!{"k":"overflow","dropped":1}', b"z" * 40]
    assert (lane.counters.dropped, lane.counters.overflows) == (3, 2)


def test_control_lines_do_not_count_as_lost_frames_but_end_an_overflow() -> None:
    seen = watched(most_frames=2)
    lane = seen.lane
    for _ in range(3):
        lane.frame(b"x")
    lane.control("close", reason="lost")
    assert (lane.counters.dropped, lane.waiting_frames) == (1, 2)
    lane.drain(2)
    lane.control("clock")
    assert seen.appended[2:] == [b'3 !{"k":"overflow","dropped":1}\n', b'4 !{"k":"clock"}\n']


def test_at_the_end_an_overflow_is_written_though_there_is_no_room() -> None:
    seen = watched(most_frames=2)
    lane = seen.lane
    lane.finish()
    for _ in range(4):
        lane.frame(b"x")
    lane.finish()
    lane.finish()
    assert seen.payloads == [b"x", b"x", b'!{"k":"overflow","dropped":2}']
    assert lane.drain(9).lines == 3


def test_a_failure_comes_after_the_last_line_and_every_time_after() -> None:
    seen = watched()
    lane = seen.lane
    lane.frame(b"x")
    lane.fail(SeawallError("first"))
    lane.fail(SeawallError("second"))
    assert lane.drain(9).data == b"1 x\n"
    for _ in range(2):
        with pytest.raises(SeawallError, match="first"):
            lane.drain(9)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(0, 60)), max_size=40))
def test_whatever_happens_the_queue_gets_what_was_appended(
    steps: list[tuple[int, int, int]],
) -> None:
    seen = watched(most_frames=8, most_bytes=150)
    lane = seen.lane
    drained, offered = b"", 0
    for frames, drains, size in steps:
        for _ in range(frames):
            offered += 1
            lane.frame(b"x" * (size + 1))
            assert lane.waiting_frames <= 8 + 1  # the overflow line comes on top
            assert lane.waiting_bytes <= 150 + 100
        drained += lane.drain(drains).data
    drained += lane.drain(1000).data
    lane.finish()
    drained += lane.drain(1000).data
    assert drained == b"".join(seen.appended)
    assert lane.counters.messages + lane.counters.dropped == offered
    overflow_lines = [p for p in seen.payloads if b"overflow" in p]
    assert len(overflow_lines) == lane.counters.overflows
    assert (
        sum(msgspec.json.decode(p[1:])["dropped"] for p in overflow_lines) == lane.counters.dropped
    )


def test_two_threads_lose_nothing() -> None:
    seen = watched(most_frames=50, most_bytes=1 << 20)
    lane, many = seen.lane, 20_000

    def feed() -> None:
        for k in range(many):
            lane.frame(b"%d" % k)
        lane.finish()

    feeder = threading.Thread(target=feed)
    feeder.start()
    drained = b""
    while feeder.is_alive() or lane.waiting_frames:
        drained += lane.drain(7).data
    feeder.join()
    assert drained == b"".join(seen.appended)
    assert lane.counters.messages + lane.counters.dropped == many
    assert lane.waiting_bytes == 0
