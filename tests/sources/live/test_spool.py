"""What is appended is there, from any place on, over rotations and compression."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import BrokenInvariant, SeawallError
from sources.live.segments import Position
from sources.live.spool import BEGINNING, Spool
from tests.sources.live.spools import AT, HEADER, SECOND, header, line, lines, rest, spool, texts


def test_a_new_spool(tmp_path: Path) -> None:
    with spool(tmp_path / "spool") as made:
        assert (made.lines, made.last_ns, made.end) == (0, None, BEGINNING)
        assert made.append([]) == BEGINNING
        assert rest(made, BEGINNING) == b""
        assert texts(made.folder) == {}


def test_lines_are_in_the_file_when_append_returns(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        head = header(AT + SECOND, 0, 0)
        places = [made.append([line(1)]), made.append(lines(2, 4))]
        name = f"c__{AT + SECOND}"
        assert texts(tmp_path / "c") == {name + ".log": head + b"".join(lines(1, 4))}
        sizes = [len(head + line(1)), len(head + b"".join(lines(1, 4)))]
        assert places == [Position(name, size) for size in sizes]
        assert (made.lines, made.last_ns, made.end) == (3, AT + 3 * SECOND, places[1])


@pytest.mark.parametrize("full", [{"segment_bytes": 600}, {"segment_s": 5.0}])
def test_rotation_is_at_line_ends_and_every_segment_says_its_place(
    tmp_path: Path, full: dict[str, float]
) -> None:
    with spool(tmp_path, **full) as made:
        for number in range(1, 31, 2):
            made.append(lines(number, number + 2, size=30))
    said = b"".join(lines(1, 31, size=30))
    before = b""
    for name, text in texts(tmp_path / "c").items():
        assert text.count(b"\n") > 2
        first = len(before.splitlines()) + 1
        head = header(AT + first * SECOND, first - 1, len(before))
        assert name.startswith(f"c__{AT + first * SECOND}.")
        assert text.startswith(head)
        own = text.removeprefix(head)
        assert len(text) <= full.get("segment_bytes", 10**9)
        assert own.count(b"\n") <= full.get("segment_s", 10**9) + 1
        before += own
    assert before == said
    assert len(texts(tmp_path / "c")) == 5


def test_an_append_larger_than_a_segment_is_one_segment(tmp_path: Path) -> None:
    with spool(tmp_path, segment_bytes=10) as made:
        made.append(lines(1, 4))
        made.append([line(4)])
    found = list(texts(tmp_path / "c").values())
    assert [text.count(b"\n") - 1 for text in found] == [3, 1]


def test_segments_that_begin_in_one_nanosecond_or_back_in_time_stay_in_order(
    tmp_path: Path,
) -> None:
    with spool(tmp_path, segment_bytes=10) as made:
        for at in (500, 500, 400, 502, 502):
            made.append([b"%d {}\n" % at])
    with spool(tmp_path, segment_bytes=10) as made:
        made.append([b"502 {}\n"])
        assert rest(made, BEGINNING) == b"".join(b"%d {}\n" % at for at in (500, 500, 400, 502,
                                                                           502, 502))  # fmt: skip
    assert [int(name[3:6]) for name in texts(tmp_path / "c")] == [500, 501, 502, 503, 504, 505]


# -- the tail ------------------------------------------------------------------------------------


def test_the_tail_from_every_byte(tmp_path: Path) -> None:
    """At every end of a line it is the exact rest; anywhere else it is refused."""
    made = spool(tmp_path, segment_bytes=600)
    for number in range(1, 20):
        made.append([line(number, size=10)])
    said = b"".join(lines(1, 20, size=10))
    made.close()
    before, checked = 0, 0
    for name, text in texts(tmp_path / "c").items():
        segment = name.partition(".")[0]
        head = len(text.partition(b"\n")[0]) + 1
        for offset in range(len(text) + 1):
            place = Position(segment, offset)
            if offset == 0 or (offset >= head and text[offset - 1] == 10):
                assert rest(made, place) == said[before + max(offset - head, 0) :]
                checked += 1
            else:
                with pytest.raises(BrokenInvariant, match=f"byte {offset} is not between two"):
                    rest(made, place)
        before += len(text) - head
    assert checked == 19 + 2 * len(texts(tmp_path / "c"))
    assert rest(made, BEGINNING) == said


def test_a_torn_line_is_not_read_while_it_is_being_written(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        place = made.append([line(1)])
        with (made.folder / (place.segment + ".log")).open("ab") as file:
            file.write(line(2)[:-1])  # complete but for its newline
        assert rest(made, BEGINNING) == line(1)
        assert rest(made, place) == b""


def test_blocks_are_of_whole_lines(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        said = [*lines(1, 300, size=9000), line(300, size=3 << 20), line(301)]
        made.append(said)
        blocks = list(made.tail(BEGINNING))
        assert b"".join(blocks) == b"".join(said)
        assert 3 < len(blocks) < 9
        assert all(block.endswith(b"\n") for block in blocks)


@given(
    st.lists(
        st.tuples(st.sampled_from(["one", "three", "reopen", "other"]), st.integers(0, 200)),
        max_size=25,
    ),
    st.integers(150, 900),
)
@settings(max_examples=60, deadline=None)
def test_any_history_has_the_same_tails(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, int]], most: int
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    said: list[bytes] = []
    places = [(0, BEGINNING)]
    told = HEADER
    made = spool(folder, segment_bytes=most)
    for what, size in history:
        if what in ("one", "three"):
            new = lines(len(said) + 1, len(said) + (2 if what == "one" else 4), size)
            said += new
            places.append((len(said), made.append(new)))
        else:
            made.close()
            told = HEADER | {"venue": f"v{size}"} if what == "other" else told
            made = spool(folder, segment_bytes=most, header=told)
        assert (made.lines, made.end) == (len(said), places[-1][1])
    for number, place in places:
        assert rest(made, place) == b"".join(said[number:])
    made.close()
    for number, place in places:
        assert rest(made, place) == b"".join(said[number:])


# -- what must not be appended or asked ------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        [b"5 {}"],
        [b"5 {}\n6 {}\n"],
        [b"5 {\n}\n"],
        [b"5 {}", b"6 {}\n\n"],
        [b"x {}\n"],
        [b"5\n"],
        [line(2), b"6\n"],
    ],
)
def test_what_is_no_line_is_refused_before_anything_is_written(
    tmp_path: Path, bad: list[bytes]
) -> None:
    with spool(tmp_path) as made:
        made.append([line(1)])
        with pytest.raises(BrokenInvariant):
            made.append(bad)
        made.append([line(2)])
        assert (rest(made, BEGINNING), made.lines) == (line(1) + line(2), 2)


def test_nothing_is_appended_after_the_end(tmp_path: Path) -> None:
    made = spool(tmp_path)
    made.append([line(1)])
    made.close()
    made.close()
    with pytest.raises(BrokenInvariant, match="is closed"):
        made.append([line(2)])
    assert rest(made, BEGINNING) == line(1)


def test_places_that_are_no_longer_there(tmp_path: Path) -> None:
    with spool(tmp_path) as made:
        place = made.append(lines(1, 3))
        path = made.folder / (place.segment + ".log")
        os.truncate(path, place.offset - len(line(2)))  # the machine stopped
        with pytest.raises(SeawallError) as error:
            rest(made, place)
        assert str(error.value) == (
            f"{path}: ends {len(line(2))} bytes before the place that the recovery data had "
            "reached: the machine stopped before it was on disk; start with new recovery data "
            "([state] dir)"
        )
        with pytest.raises(SeawallError) as error:
            rest(made, Position("c__1", 0))
        assert str(error.value) == (
            f"{tmp_path}/c/c__1: this segment of the spool has been deleted before it was read: "
            "keep more hours, and start with new recovery data ([state] dir)"
        )


def test_two_connections_share_a_folder(tmp_path: Path) -> None:
    with Spool(tmp_path, "a", header=HEADER) as one, Spool(tmp_path, "b", header=HEADER) as two:
        one.append([line(1)])
        two.append([line(2)])
        assert (rest(one, BEGINNING), rest(two, BEGINNING)) == (line(1), line(2))
