"""A part of a recording by time: from the first line at or after one time, up to before another."""

import gzip
import pickle
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import recording
from sources.listing import Listing, scan_listing
from sources.recording import Header, Recording, open_recording
from sources.replay import ReplayPartition, ReplaySettings, ReplaySource
from tests.shared import shared_file
from tests.sources.live.spools import AT, HEADER, SECOND, header, lines, spool, texts
from tests.sources.talk import as_is, joined
from tests.sources.test_recording_zst import packed, read, saved, told

NONE = "holds no line of the time asked for"


def part(
    rows: Sequence[bytes], from_ns: int | None, to_ns: int | None
) -> tuple[list[tuple[int, bytes]], str | None]:
    """The plain computation: numbered lines, and why there are none."""
    stamps = [stamp(row) for row in rows]
    least = -1 if from_ns is None else from_ns
    first = next((k for k, at in enumerate(stamps) if at >= least), len(rows))
    later = range(first, len(rows))
    past = next((k for k in later if to_ns is not None and stamps[k] >= to_ns), len(rows))
    asked = from_ns is not None or to_ns is not None
    found = [(k + 1, rows[k]) for k in range(first, past)]
    return found, NONE if asked and not found else None


def stamp(row: bytes) -> int:
    head, _, payload = row.partition(b" ")
    return int(head) if head.isdigit() and payload.strip() else -1


rows_of = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([b"{}", b'{"a":1}', b"", b'@u {"b":2}'])),
    min_size=1, max_size=25,
).map(lambda pairs: [b"%d %s\n" % pair for pair in pairs])  # fmt: skip
times = st.none() | st.integers(0, 32)


@given(rows_of, times, times, st.sampled_from([5, 40, 1 << 20]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_part_of_any_lines(
    tmp_path_factory: pytest.TempPathFactory, rows: list[bytes], from_ns: int | None,
    to_ns: int | None, block: int, zst: bool,
) -> None:  # fmt: skip
    """Stamps may go back, lines may have none: the first line that is late enough counts."""
    data = b"".join(rows)
    path = saved(tmp_path_factory.mktemp("x") / "x", packed(data) if zst else data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "BLOCK", block)
        made = open_recording(path, from_ns=from_ns, to_ns=to_ns)
        found = read(made)
        assert (found, made.problem) == part(rows, from_ns, to_ns)
        assert made.lines_before == (found[0][0] - 1 if found else 0)
        for done in range(len(found)):  # and gone on with after any line
            made = open_recording(path, from_ns=from_ns, to_ns=to_ns)
            before = b"".join(text for _, text in found[:done])
            assert b"".join(made.skip(len(before))) == before
            numbers = [b.first_line for b in made.blocks(made.lines_before + done + 1) if len(b)]
            assert numbers[0] == found[done][0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spool of six segments of ten seconds."""
    base = tmp_path_factory.mktemp("spool")
    with spool(base, segment_s=10.0) as made:
        for row in lines(1, 61):
            made.append([row])
    assert len(texts(made.folder)) == 6
    return made.folder


@pytest.mark.parametrize("shift", [-1, 0, 1])
@pytest.mark.parametrize("second", [0, 1, 5, 10, 11, 12, 21, 59, 60, 61])
def test_a_part_of_a_spool(folder: Path, second: int, shift: int) -> None:
    at = AT + second * SECOND + shift
    for from_ns, to_ns in ((at, None), (None, at), (at, at + 15 * SECOND), (at, at)):
        made = open_recording(folder, from_ns=from_ns, to_ns=to_ns)
        assert (read(made), made.problem) == part(lines(1, 61), from_ns, to_ns)
        assert made.header == Header("recording", **HEADER)


def test_segments_before_are_not_even_read(tmp_path: Path, folder: Path) -> None:
    copy = tmp_path / "c"
    copy.mkdir()
    for path in folder.glob("c__*"):
        (copy / path.name).write_bytes(path.read_bytes())
    names = sorted(texts(folder))
    for name in names[:3]:
        (copy / name).write_bytes(b"rubbish")
    made = open_recording(copy, from_ns=AT + 31 * SECOND + 1)  # the fourth begins at second 31
    assert made.size == sum((copy / name).stat().st_size for name in names[3:])
    assert made.position > 0
    assert read(made) == part(lines(1, 61), AT + 31 * SECOND + 1, None)[0]
    assert made.position == made.size


def test_a_moment_that_two_segments_share(tmp_path: Path) -> None:
    rows = [b"%d {}\n" % at for at in (150, 200, 200, 200, 201, 201)]
    with spool(tmp_path, segment_bytes=10) as made:
        for begin in range(0, 6, 2):
            made.append(rows[begin : begin + 2])
    assert len(texts(made.folder)) == 3
    for from_ns in (149, 150, 151, 199, 200, 201, 202):
        found = read(open_recording(made.folder, from_ns=from_ns))
        assert found == part(rows, from_ns, None)[0]


def test_the_header_that_was_passed_over_is_still_told(tmp_path: Path) -> None:
    head = header(AT, 0, 0)
    path = saved(tmp_path / "x.gz", gzip.compress(head + b"".join(lines(1, 9))))
    for from_ns, told_header in ((None, None), (AT, None),
                                 (AT + 1, Header("recording", **HEADER))):  # fmt: skip
        made = open_recording(path, from_ns=from_ns)
        assert made.header == told_header
        made.close()
    made = open_recording(path, from_ns=AT + 3 * SECOND)
    assert read(made) == list(enumerate(lines(3, 9), 4))


def test_what_is_wrong_behind_the_part_does_not_matter(tmp_path: Path) -> None:
    data = b"".join(lines(1, 9)) + b"half"
    path = saved(tmp_path / "x", data)
    made = open_recording(path, to_ns=AT + 5 * SECOND)
    assert told(made) == (lines(1, 5), None, False)
    made = open_recording(path, from_ns=AT + 8 * SECOND)
    assert told(made) == (lines(8, 9), "ends in the middle of line 9, which is left unread", False)


def test_a_last_line_without_its_newline(tmp_path: Path) -> None:
    path = saved(tmp_path / "x", b"1 {}\n2 {}\n3 {}")
    for from_ns, to_ns, expected in ((3, None, [(3, b"3 {}\n")]), (2, 3, [(2, b"2 {}\n")]),
                                     (4, None, [])):  # fmt: skip
        assert read(open_recording(path, from_ns=from_ns, to_ns=to_ns)) == expected
    made = open_recording(path, from_ns=3)
    assert (b"".join(made.skip(5)), read(made)) == (b"3 {}\n", [])


def test_a_file_that_is_cut_off_within_the_part(tmp_path: Path) -> None:
    whole = packed(b"".join(lines(1, 40_000)))
    path = saved(tmp_path / "x.zst", whole[: len(whole) // 2])
    everything, problem, _ = told(open_recording(path))
    made = open_recording(path, from_ns=AT + 100 * SECOND)
    assert told(made) == (everything[99:], problem, False)
    made = open_recording(path, from_ns=AT + 40_000 * SECOND)
    assert told(made) == ([], problem, False)


# -- replays ---------------------------------------------------------------------------------------


def replayed(
    listing: Listing, state: Any = None, **window: int | None
) -> tuple[list[tuple[str, Any]], Any, ReplaySource]:
    def opener(found: Listing) -> Recording:
        return open_recording(Path(found.path), **window)

    how = ReplaySettings(grid_ns=250_000_000, hole_ns=60 * 10**9, chunk_frames=700, ends=False,
                         refine=as_is, stop=Event(), opener=opener)  # fmt: skip
    source = ReplaySource([listing], how)
    replay: ReplayPartition = source.build_part("step", "replay", state)
    out: list[tuple[str, Any]] = []
    while True:
        try:
            out += replay.items()
        except StopIteration:
            return out, pickle.loads(pickle.dumps(replay.snapshot())), source


def test_a_replay_up_to_some_time_is_gone_on_with_exactly() -> None:
    path = shared_file("data/captures/bybit-linear__2026-08-09.gz")
    listing = scan_listing(path, None, as_is)
    whole, _, source = replayed(listing)
    last_ns = source.connections[listing.connection].last_ns
    for share in (0.0, 0.3, 0.8):
        to_ns = listing.first_ns + int((last_ns - listing.first_ns) * share)
        early, state, stopped = replayed(listing, to_ns=to_ns)
        assert stopped.connections[listing.connection].last_ns <= max(to_ns, listing.first_ns)
        late, _, source = replayed(listing, state)
        assert joined(early + late) == joined(whole)
        assert bool(early) and bool(late)
