"""Finished segments: packed byte for byte, listed, deleted when old, tidied after a kill."""

from hashlib import sha256
from pathlib import Path

import pytest
import zstandard

from schemas.errors import BrokenInvariant, SeawallError
from sources.live import packer
from sources.live.manifest import Entry, load_entries
from sources.live.packer import Packer
from sources.live.spool import BEGINNING
from tests.sources.live.spools import AT, SECOND, header, lines, rest, spool, texts

NAMES = [f"c__{AT + first * SECOND}" for first in (1, 6, 11, 16)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four finished segments of five lines each, nothing packed yet."""
    made = tmp_path / "c"
    made.mkdir()
    before = 0
    for number, name in enumerate(NAMES):
        text = b"".join(lines(5 * number + 1, 5 * number + 6, size=200))
        head = header(AT + (5 * number + 1) * SECOND, 5 * number, before)
        (made / f"{name}.log").write_bytes(head + text)
        before += len(text)
    return made


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")


def started(folder: Path, keep_s: float | None = None) -> Packer:
    made = Packer(folder, keep_s)
    made.start()
    made.wait()
    return made


def test_packed_byte_for_byte_and_listed(folder: Path) -> None:
    before = texts(folder)
    made = Packer(folder, None)
    for name in NAMES:
        made.pack(name, 0)
    made.wait()
    assert files(folder) == [f"{name}.zst" for name in NAMES]
    assert texts(folder) == {name.replace("log", "zst"): text for name, text in before.items()}
    assert load_entries(folder) == {
        name: Entry(
            segment=name, first_ns=int(name[3:]), last_ns=int(name[3:]) + 4 * SECOND,
            first_line=5 * n + 1, lines=5, bytes=len(text), sha256=sha256(text).hexdigest(),
        )
        for n, (name, text) in enumerate(zip(NAMES, before.values(), strict=True))
    }  # fmt: skip
    for name in NAMES:  # with the plain text's length and a checksum of its own
        frame = zstandard.get_frame_parameters((folder / f"{name}.zst").read_bytes())
        size = load_entries(folder)[name].bytes
        assert (frame.content_size, frame.has_checksum) == (size, True)


def test_a_start_packs_all_but_the_newest(folder: Path) -> None:
    (folder / f"{NAMES[0]}.zst.part").write_bytes(b"half")
    (folder / f"{NAMES[3]}.zst.part").write_bytes(b"half")
    (folder / "manifest.json.part").write_bytes(b"half")
    before = texts(folder)
    started(folder)
    assert files(folder) == sorted([*(f"{name}.zst" for name in NAMES[:3]), f"{NAMES[3]}.log"])
    assert list(load_entries(folder)) == NAMES[:3]
    assert list(texts(folder).values()) == list(before.values())


def test_a_start_after_every_interruption(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before any step of packing the first segment; then started again."""
    steps = (("sources.live.packer", "describe"), ("sources.live.packer", "content_of"),
             ("pathlib.Path", "replace"), ("sources.live.packer", "sync_folder"),
             ("sources.live.packer", "save_entries"), ("pathlib.Path", "unlink"))  # fmt: skip
    before = list(texts(folder).values())
    seen = set()

    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    for where, what in steps:
        with monkeypatch.context() as patch:
            patch.setattr(f"{where}.{what}", kill)
            made = Packer(folder, None)
            made.pack(NAMES[0], 0)
            with pytest.raises(Killed):
                made.wait()
        seen.add(tuple(name.rpartition("__")[2][19:] for name in files(folder)))
        assert set(before) <= set(texts(folder).values())
        started(folder)
        assert list(texts(folder).values()) == before
        assert list(load_entries(folder)) == NAMES[:3]
        for name in NAMES:  # back to where nothing was packed
            text = texts(folder).get(f"{name}.zst")
            if text is not None:
                (folder / f"{name}.log").write_bytes(text)
                (folder / f"{name}.zst").unlink()
        (folder / "manifest.json").unlink()
    logs = (".log",) * 3
    assert seen == {(".log", *logs), (".log", ".zst.part", *logs), (".log", ".zst", *logs)}


def test_a_lost_manifest_is_made_anew(folder: Path) -> None:
    started(folder)
    told = load_entries(folder)
    (folder / "manifest.json").unlink()
    started(folder)
    assert load_entries(folder) == told


def test_a_damaged_old_segment_is_no_reason_not_to_start(folder: Path) -> None:
    started(folder)
    told = load_entries(folder)
    (folder / "manifest.json").unlink()
    path = folder / f"{NAMES[1]}.zst"
    path.write_bytes(path.read_bytes()[:-5])
    started(folder)
    assert load_entries(folder) == {n: e for n, e in told.items() if n != NAMES[1]}


def test_the_manifest_forgets_what_somebody_deleted(folder: Path) -> None:
    started(folder)
    (folder / f"{NAMES[0]}.zst").unlink()
    started(folder)
    assert list(load_entries(folder)) == NAMES[1:3]


def test_nothing_is_written_without_need(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(folder)
    monkeypatch.setattr(packer, "save_entries", lambda *_: pytest.fail("written"))
    started(folder)


# -- what goes wrong -----------------------------------------------------------------------------


def failed(folder: Path) -> SeawallError:
    """Pack the first segment; the error, which is told once."""
    made = Packer(folder, None)
    before = texts(folder)
    made.pack(NAMES[0], 0)
    with pytest.raises(SeawallError) as error:
        made.wait()
    assert {name: text for name, text in before.items() if name in texts_of_logs(folder)} == before
    made.wait()
    return error.value


def texts_of_logs(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.log")]


def test_bytes_that_differ(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packer, "content_of", lambda _: (1, "ab"))
    error = failed(folder)
    assert isinstance(error, BrokenInvariant)
    part = folder / f"{NAMES[0]}.zst.part"
    assert str(error) == f"{part}: what was just written differs from {NAMES[0]}.log"


def test_bytes_that_cannot_be_read_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> None:
        raise zstandard.ZstdError("no")

    monkeypatch.setattr(packer, "content_of", broken)
    error = failed(folder)
    assert isinstance(error, BrokenInvariant)
    part = folder / f"{NAMES[0]}.zst.part"
    assert str(error) == f"{part}: what was just written cannot be read back: no"


def test_no_space(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packer, "sync_folder", full)
    assert str(failed(folder)) == (
        f"{folder / NAMES[0]}.log: the finished segment cannot be compressed: No space left on "
        "device; nothing is lost, free space there and start again"
    )
    assert not list(folder.glob("*.part"))


def test_errors_are_seen_without_waiting(folder: Path) -> None:
    made = Packer(folder, None)
    made.check()
    made.pack("c__5", 0)
    with pytest.raises(SeawallError, match="c__5: this segment of the spool has been deleted"):
        while True:
            made.check()


# -- deletion ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest", "left"),
    [(0, 3), (16, 3), (21, 3), (21.000000001, 2), (26, 2), (27, 1), (31, 1), (32, 0)],
)
def test_what_is_older_than_asked_for_is_deleted(folder: Path, newest: float, left: int) -> None:
    """Segments begin at seconds 1, 6, 11, 16; each is needed until the next one is old."""
    made = started(folder, keep_s=15.0)
    text = (folder / f"{NAMES[3]}.log").read_bytes()
    made._prune(AT + round(newest * SECOND))
    assert files(folder) == [*(f"{name}.zst" for name in NAMES[3 - left : 3]), f"{NAMES[3]}.log"]
    assert (folder / f"{NAMES[3]}.log").read_bytes() == text


def test_a_spool_keeps_what_is_young_enough_and_counts_on(tmp_path: Path) -> None:
    with spool(tmp_path, segment_s=5.0, keep_s=12.0) as made:
        for number in range(1, 62):
            made.append(lines(number, number + 1))
            made._packer.wait()
    found = list(texts(made.folder).values())
    first = int(found[0].split(b"\n", 2)[1].partition(b'"n":')[2].partition(b",")[0])
    # Segments of five seconds; the newest finished one ends at 60, what began before 48 is over.
    assert (first, len(found)) == (46, 4)
    assert found[0].startswith(header(AT + 46 * SECOND, 45, len(b"".join(lines(1, 46)))))
    assert list(load_entries(made.folder)) == [f"c__{AT + n * SECOND}" for n in (46, 51, 56)]
    with spool(tmp_path, segment_s=5.0) as made:
        assert made.lines == 61
        assert rest(made, BEGINNING) == b"".join(lines(46, 62))


def test_a_segment_that_is_not_packed_is_not_deleted_nor_any_after_it(folder: Path) -> None:
    made = Packer(folder, 1.0)
    for name in NAMES[1:3]:
        made.pack(name, AT + 900 * SECOND)
    made.wait()
    assert files(folder) == sorted(
        [f"{NAMES[0]}.log", f"{NAMES[1]}.zst", f"{NAMES[2]}.zst", f"{NAMES[3]}.log"]
    )
    made.pack(NAMES[0], AT + 900 * SECOND)
    made.wait()
    assert files(folder) == [f"{NAMES[3]}.log"]
    assert load_entries(folder) == {}
