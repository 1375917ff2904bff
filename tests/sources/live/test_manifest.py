"""What the manifest says of a segment is what is in it."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard

from schemas.errors import BrokenInvariant
from sources.live.manifest import FILE, Entry, content_of, describe, load_entries, save_entries
from tests.sources.live.spools import AT, SECOND, header, lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "c"
    made.mkdir()
    return made


@pytest.mark.parametrize("packed", [False, True])
def test_a_segment_is_described_by_its_plain_text(folder: Path, packed: bool) -> None:
    text = header(AT, 6, 77) + b"".join(lines(7, 12, size=30))
    packer = zstandard.ZstdCompressor()
    path = folder / ("c__7.zst" if packed else "c__7.log")
    path.write_bytes(packer.compress(text) if packed else text)
    size, digest = len(text), sha256(text).hexdigest()
    assert describe(folder, "c__7") == Entry(
        segment="c__7", first_ns=AT + 7 * SECOND, last_ns=AT + 11 * SECOND, first_line=7, lines=5,
        bytes=size, sha256=digest,
    )  # fmt: skip
    assert content_of(path) == (size, digest)


def test_blocks_do_not_matter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "c__7.log").write_bytes(header(AT, 6, 77) + b"".join(lines(7, 40, size=30)))
    whole = describe(folder, "c__7"), content_of(folder / "c__7.log")
    for block in (1, 30, 100):
        monkeypatch.setattr("sources.live.segment_stream.BLOCK", block)
        monkeypatch.setattr("sources.live.manifest.BLOCK", block)
        assert (describe(folder, "c__7"), content_of(folder / "c__7.log")) == whole


def test_a_torn_last_line_is_not_in_it(folder: Path) -> None:
    text = header(AT, 0, 0) + b"".join(lines(1, 3))
    (folder / "c__1.log").write_bytes(text + b"170 {")
    found = describe(folder, "c__1")
    assert (found.lines, found.bytes, found.sha256) == (2, len(text), sha256(text).hexdigest())
    assert found.last_ns == AT + 2 * SECOND


def test_a_header_and_nothing_else(folder: Path) -> None:
    text = header(AT, 6, 77)
    (folder / "c__1.log").write_bytes(text)
    assert describe(folder, "c__1") == Entry(
        segment="c__1", first_ns=AT, last_ns=AT, first_line=7, lines=0, bytes=len(text),
        sha256=sha256(text).hexdigest(),
    )  # fmt: skip
    (folder / "c__1.log").write_bytes(text[:30])
    with pytest.raises(BrokenInvariant, match="has no stamp: b''"):
        describe(folder, "c__1")


def entry(number: int) -> Entry:
    return Entry(
        segment=f"c__{number}", first_ns=number, last_ns=number + 1, first_line=number, lines=1,
        bytes=5, sha256="ab",
    )  # fmt: skip


def test_the_file(folder: Path) -> None:
    assert load_entries(folder) == {}
    save_entries(folder, [entry(1), entry(2)])
    assert load_entries(folder) == {"c__1": entry(1), "c__2": entry(2)}
    assert json.loads((folder / FILE).read_bytes()) == {
        "version": 1, "connection": "c",
        "segments": [
            {"segment": f"c__{n}", "first_ns": n, "last_ns": n + 1, "first_line": n, "lines": 1,
             "bytes": 5, "sha256": "ab"}
            for n in (1, 2)
        ],
    }  # fmt: skip
    save_entries(folder, [entry(3)])
    assert load_entries(folder) == {"c__3": entry(3)}
    assert [path.name for path in folder.iterdir()] == [FILE]


@pytest.mark.parametrize("bad", [b"", b"{", b"[]", b'{"version":1,"segments":[{}]}', b"\xff"])
def test_a_manifest_that_is_none_is_made_anew(folder: Path, bad: bytes) -> None:
    (folder / FILE).write_bytes(bad)
    assert load_entries(folder) == {}
