"""Lines: stamps, payloads, kinds; the kernel and its plain version agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.lines import ANSWER, BAD, CONTROL, FRAME, index_lines, index_plain
from tests.sources.talk import indexed

CASES = (
    (b"12 {}", 12, FRAME, b"{}"),
    (b"12 @http://x {}", 12, ANSWER, b"@http://x {}"),
    (b'12 !{"k":"end"}', 12, CONTROL, b'!{"k":"end"}'),
    (b"0 x", 0, FRAME, b"x"),
    (b"12 {}\r", 12, FRAME, b"{}"),
    (b"12  {}", 12, FRAME, b" {}"),
    (b"9223372036854775807 x", 9223372036854775807, FRAME, b"x"),
    (b"9223372036854775808 x", -1, BAD, b"9223372036854775808 x"),
    (b"99999999999999999999 x", -1, BAD, b"99999999999999999999 x"),
    (b"", -1, BAD, b""),
    (b"\r", -1, BAD, b""),
    (b"12", -1, BAD, b"12"),
    (b"12 ", -1, BAD, b"12 "),
    (b"12 \r", -1, BAD, b"12 "),
    (b"-12 {}", -1, BAD, b"-12 {}"),
    (b" 12 {}", -1, BAD, b" 12 {}"),
    (b"12{}", -1, BAD, b"12{}"),
    (b"1.5 {}", -1, BAD, b"1.5 {}"),
    (b"{}", -1, BAD, b"{}"),
)


@pytest.mark.parametrize(("line", "stamp", "kind", "payload"), CASES)
def test_a_line(line: bytes, stamp: int, kind: int, payload: bytes) -> None:
    lines = indexed(b"1 before\n" + line + b"\n2 after\n", first_line=7)
    assert lines.received_ns.tolist() == [1, stamp, 2]
    assert lines.kind.tolist() == [FRAME, kind, FRAME]
    assert [lines.payload(k) for k in range(3)] == [b"before", payload, b"after"]
    assert lines.first_line == 7


def test_a_line_without_its_newline_is_left_for_later() -> None:
    lines = indexed(b"1 a\n2 b")
    assert (len(lines), lines.past.tolist()) == (1, [4])
    assert len(indexed(b"")) == 0


def test_parts_know_their_line_numbers_and_bytes() -> None:
    whole = indexed(b"1 aa\n2 b\n3 cc\n4 d\n", first_line=10)
    part = whole.part(1, 4).part(1, 3)
    assert (part.first_line, part.begin, part.past.tolist()) == (12, 9, [14, 18])
    assert [part.payload(k) for k in range(2)] == [b"cc", b"d"]
    assert part.buffer[part.begin : part.past[-1]].tobytes() == b"3 cc\n4 d\n"
    assert whole.part(0, 2).begin == 0


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b" "))))
def test_any_bytes_are_lines_of_the_same_bytes(raw: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in raw)
    lines = index_lines(np.frombuffer(data, np.uint8), 1)
    begins = [0, *lines.past.tolist()[:-1]] if raw else []
    for k, (line, begin) in enumerate(zip(raw, begins, strict=True)):
        assert data[begin : lines.past[k]] == line + b"\n"
        stamp, space, payload = line.removesuffix(b"\r").partition(b" ")
        good = stamp.isdigit() and bool(space and payload) and int(stamp) < 1 << 63
        if good and len(stamp) < 20:
            assert (lines.received_ns[k], lines.payload(k)) == (int(stamp), payload)
        else:
            assert (lines.received_ns[k], lines.kind[k]) == (-1, BAD)


def test_the_kernel_is_its_plain_version() -> None:
    data = b"".join(line + b"\n" for line, *_ in CASES)
    buffer = np.frombuffer(data, np.uint8)
    newline = np.flatnonzero(buffer == 10)
    outs = [np.zeros(len(newline), np.int64) for _ in range(3)]
    kind = np.zeros(len(newline), np.int8)
    with np.errstate(over="ignore"):  # a stamp of 19 digits wraps, in both
        index_plain(buffer, newline, 0, *outs, kind)
    lines = index_lines(buffer, 1)
    for plain, compiled in zip(
        (*outs, kind), (lines.start, lines.stop, lines.received_ns, lines.kind), strict=True
    ):
        assert plain.tolist() == compiled.tolist()
