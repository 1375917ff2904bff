"""The replay source: files merge by time, stop where they should and go on where they stopped."""

import gzip
import pickle
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from schemas.chunk import Chunk
from schemas.control import Clock, End
from schemas.errors import BrokenInvariant
from sources.listing import Listing, scan_listing
from sources.recording import Recording, open_recording
from sources.replay import ReplayPartition, ReplaySettings, ReplaySource, open_listed
from tests.shared import shared_file
from tests.sources.talk import (
    GRID,
    MS,
    SPOT,
    START,
    USDM,
    answer,
    as_is,
    depth,
    joined,
    stamped,
    ticker,
    trade,
)

SECOND = 1000 * MS


def how(**changes: Any) -> ReplaySettings:
    usual: dict[str, Any] = {"grid_ns": GRID, "hole_ns": 60 * SECOND, "chunk_frames": 3}
    usual |= {"ends": False, "refine": as_is, "stop": Event()}
    return ReplaySettings(**(usual | changes))


def file(folder: Path, venue: str, pairs: list[tuple[int, str]], label: str = "x") -> Listing:
    """A recording; times in ms since START."""
    path = folder / f"{venue}__{label}.gz"
    data = stamped((START + ms * MS, payload) for ms, payload in pairs)
    path.write_bytes(gzip.compress(data))
    return scan_listing(path, None, as_is)


def part_of(source: ReplaySource, state: Any = None) -> ReplayPartition:
    return source.build_part("step", "replay", state)


def drained(part: ReplayPartition, batches: int = 10**6) -> list[tuple[str, Any]]:
    out: list[tuple[str, Any]] = []
    for _ in range(batches):
        try:
            out += part.items()
        except StopIteration:
            break
    return out


def replayed(listings: list[Listing], **changes: Any) -> list[tuple[str, Any]]:
    part = part_of(ReplaySource(listings, how(**changes)))
    out = drained(part)
    part.close()
    return out


@pytest.fixture
def two(tmp_path: Path) -> list[Listing]:
    """Two venues; the second starts later and goes on longer."""
    first = [(k * 70, ticker(k) if k % 3 else depth(k, k, k - 1)) for k in range(1, 40)]
    first.insert(5, (330, answer(3)))
    second = [(900 + k * 110, trade(k)) for k in range(40)]
    return [file(tmp_path, USDM, first), file(tmp_path, SPOT, second)]


def test_the_source(two: list[Listing]) -> None:
    source = ReplaySource(two, how())
    assert source.list_parts() == ["replay"]
    assert (source.connections, source.recordings) == ({}, {})
    part_of(source).close()
    names = [f"{SPOT}__x", f"{USDM}__x"]
    assert list(source.connections) == list(source.recordings) == names
    assert isinstance(source.recordings[names[0]], Recording)


def lines_of(out: list[tuple[str, Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for key, item in out:
        if isinstance(item, Chunk) and item.kind in ("top", "trade"):
            found.setdefault(key, []).extend(item.line.tolist())
    return found


def test_two_files_merge_by_time(two: list[Listing]) -> None:
    out = replayed(two)
    tops = [line for line in range(1, 41) if line != 6 and (line - (line > 6)) % 3]
    assert lines_of(out) == {
        "binance-spot:BTCUSDT": list(range(1, 41)), "binance-usdm:BTCUSDT": tops,
    }  # fmt: skip
    # No file runs ahead of the next grid time after the oldest line of the other.
    moments = [(key, item.received_ns[0]) for key, item in out if isinstance(item, Chunk)]
    for (_, before), (_, after) in pairwise(moments):
        assert before // GRID * GRID <= after
    clocks = [item.grid_ns for key, item in out if isinstance(item, Clock)]
    assert max(b - a for a, b in pairwise(clocks)) >= -2 * GRID


@pytest.mark.parametrize("frames", [1, 2, 7, 1000])
def test_nothing_depends_on_how_many_lines_are_read(two: list[Listing], frames: int) -> None:
    whole = joined(replayed(two))
    assert joined(replayed(two, chunk_frames=frames)) == whole
    assert joined(replayed(two[::-1], chunk_frames=frames)) == whole
    alone = {key: items for listing in two for key, items in joined(replayed([listing])).items()}
    assert alone == whole


@pytest.mark.parametrize("frames", [1, 5, 64])
def test_stored_after_any_batch_and_gone_on(two: list[Listing], frames: int) -> None:
    whole = joined(replayed(two))
    batches = len([1 for _ in _batches(two, frames)])
    for cut in range(0, batches + 1, max(1, batches // 12)):
        first = part_of(ReplaySource(two, how(chunk_frames=frames)))
        out = drained(first, cut)
        state = pickle.loads(pickle.dumps(first.snapshot()))
        first.close()
        source = ReplaySource(two, how(chunk_frames=frames))
        out += drained(part_of(source, state))
        assert joined(out) == whole
        for listing in two:
            data = gzip.decompress(Path(listing.path).read_bytes())
            made = source.connections[listing.connection]
            assert (made.bytes_done, made.lines_done) == (len(data), data.count(b"\n"))


def _batches(listings: list[Listing], frames: int) -> Any:
    part = part_of(ReplaySource(listings, how(chunk_frames=frames)))
    while True:
        try:
            yield part.items()
        except StopIteration:
            part.close()
            return


@pytest.mark.parametrize("newline", [True, False])
def test_a_longer_file_goes_on_where_the_shorter_ended(tmp_path: Path, newline: bool) -> None:
    pairs = [(k * 50, depth(k, k, k - 1) if k % 2 else trade(k)) for k in range(1, 60)]
    pairs.insert(9, (430, answer(4)))
    listing = file(tmp_path, USDM, pairs)
    whole = replayed([listing])
    data = gzip.decompress(Path(listing.path).read_bytes())
    rows = data.splitlines(keepends=True)
    for cut in (1, 10, 11, 33, len(rows)):
        short = b"".join(rows[:cut])
        Path(listing.path).write_bytes(short if newline else short[:-1])
        source = ReplaySource([listing], how())
        part = part_of(source)
        out = drained(part)
        state = pickle.loads(pickle.dumps(part.snapshot()))
        before = source.connections[listing.connection].progress(0)
        part.close()
        assert drained(part_of(ReplaySource([listing], how()), state)) == []
        Path(listing.path).write_bytes(data)
        longer = ReplaySource([listing], how())
        part = part_of(longer, state)
        assert longer.connections[listing.connection].progress(0) == before
        out += drained(part)
        assert joined(out) == joined(whole)


def test_a_state_of_other_files_is_refused(tmp_path: Path, two: list[Listing]) -> None:
    part = part_of(ReplaySource(two, how()))
    state = part.snapshot()
    part.close()
    other = file(tmp_path, USDM, [(0, trade(1))], "other")
    for listings in ([two[0]], [two[0], other], [*two, other]):
        with pytest.raises(BrokenInvariant) as error:
            part_of(ReplaySource(listings, how()), state)
        names = [f"{SPOT}__x", f"{USDM}__x"]
        assert str(error.value) == f"recovery data are of {names}, not of the files given"


def test_ends_takes_finished_files_out_of_the_alignment(two: list[Listing]) -> None:
    out = replayed(two, ends=True)
    ends = [(key, item) for key, item in out if isinstance(item, End)]
    assert ends == [(f"{venue}:BTCUSDT", End(f"{venue}__x")) for venue in (USDM, SPOT)]
    at = out.index(ends[0])
    later = [key for key, item in out[at + 1 :] if isinstance(item, Chunk)]
    assert set(later) == {"binance-spot:BTCUSDT"}
    assert out[-1] == ends[1]
    rest = [entry for entry in out if not isinstance(entry[1], End)]
    assert joined(rest) == joined(replayed(two))


def test_the_stop_flag_ends_it_and_the_state_goes_on(two: list[Listing]) -> None:
    stop = Event()
    part = part_of(ReplaySource(two, how(stop=stop)))
    out = drained(part, 4)
    stop.set()
    with pytest.raises(StopIteration):
        part.items()
    state = part.snapshot()
    part.close()
    out += drained(part_of(ReplaySource(two, how()), state))
    assert joined(out) == joined(replayed(two))


def test_bad_lines_and_stamps_that_go_back_do_not_hold_a_file(tmp_path: Path) -> None:
    pairs = [(0, trade(1)), (500, trade(2)), (100, trade(3)), (501, trade(4))]
    listing = file(tmp_path, USDM, pairs)
    data = gzip.decompress(Path(listing.path).read_bytes())
    Path(listing.path).write_bytes(b"bad\n" + data.replace(b"\n", b"\nbad\n"))
    other = file(tmp_path, SPOT, [(k * 40, trade(k)) for k in range(30)])
    out = replayed([listing, other], chunk_frames=1)
    assert lines_of(out)["binance-usdm:BTCUSDT"] == [2, 4, 8]
    assert len(lines_of(out)["binance-spot:BTCUSDT"]) == 30
    reasons = [str(item.reason) for key, item in out if key == listing.connection
               and hasattr(item, "reason")]  # fmt: skip
    assert reasons == ["bad_line", "bad_line", "bad_line", "time_back", "bad_line", "bad_line"]


def test_another_opener(two: list[Listing]) -> None:
    opened: list[str] = []

    def opener(listing: Listing) -> Recording:
        opened.append(listing.connection)
        return open_recording(Path(listing.path))

    assert joined(replayed(two, opener=opener)) == joined(replayed(two))
    assert opened == [f"{SPOT}__x", f"{USDM}__x"]
    made = open_listed(two[0])
    assert (made.name, made.path) == (two[0].connection, two[0].path)
    made.close()


def test_two_real_recordings() -> None:
    names = ("binance-usdm__btcusdt-2023-04-04", "binance-spot__btcusdt-2023-04-05")
    paths = [shared_file(f"data/captures/{name}.gz") for name in names]
    listings = [scan_listing(path, None, as_is) for path in paths]
    source = ReplaySource(listings, how(chunk_frames=2048))
    part = part_of(source)
    out = drained(part)
    part.close()
    counts = {name: made.lines_done for name, made in source.connections.items()}
    assert counts == {names[1]: 15_088, names[0]: 73_765}
    assert joined(out) == {
        key: items
        for listing in listings
        for key, items in joined(replayed([listing], chunk_frames=500)).items()
    }
