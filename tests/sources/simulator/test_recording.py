"""The recording: always the same bytes, first and last line, stamps, summary."""

import gzip
import hashlib
import itertools
import json
from collections import Counter, defaultdict

import pytest

from sources.simulator.recording import write_recording

START_NS = 1_767_614_400_000_000_000  # 2026-01-05T12:00:00Z


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    first = write_recording(tmp_path / "one.gz", minutes=1.0)
    again = write_recording(tmp_path / "two.gz", minutes=1.0)
    other = write_recording(tmp_path / "three.gz", minutes=1.0, seed=8)
    packed = first.path.read_bytes()
    assert packed == again.path.read_bytes()
    assert first.sha256 == again.sha256 != other.sha256
    # No name, no time in the gzip header.
    assert (packed[:4], packed[4:8]) == (b"\x1f\x8b\x08\x00", b"\0\0\0\0")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["one.gz", "three.gz", "two.gz"]


def test_summary_says_what_is_in_the_file(recording, lines, frames):
    kinds = Counter({"recording": 1, "end": 1})
    kinds["snapshot"] = sum(body[0] == "@" for _, body in lines)
    kinds.update(data["e"] for _, data in frames)
    assert recording.frames == kinds
    assert recording.lines == len(lines)
    assert (recording.first_ns, recording.last_ns) == (lines[0][0], lines[-1][0])
    text = gzip.decompress(recording.path.read_bytes())
    assert recording.sha256 == hashlib.sha256(text).hexdigest()


def test_first_and_last_line(lines):
    perpetual = {"quote": "USDT", "kind": "perpetual", "price_decimals": 2}
    assert lines[0][0] == START_NS
    assert json.loads(lines[0][1].removeprefix("!")) == {
        "k": "recording",
        "version": 1,
        "venue": "binance-usdm",
        "instruments": [
            {"symbol": "BTCUSDT", "asset": "BTC", **perpetual, "funding_interval_h": 8},
            {"symbol": "ETHUSDT", "asset": "ETH", **perpetual, "funding_interval_h": 8},
        ],
    }
    assert lines[-1][1] == '!{"k":"end"}'
    assert 0 <= lines[-1][0] - (START_NS + 180_000_000_000) < 10_000_000


def test_stamps_rise_and_follow_the_push(lines, frames):
    stamps = [ns for ns, _ in lines]
    assert all(before < after for before, after in itertools.pairwise(stamps))
    delays = [ns - data["E"] * 1_000_000 for ns, data in frames]
    assert min(delays) >= 500_000
    assert max(delays) < 9_000_000
    pushed = defaultdict(int)
    for _, body in lines:
        if body[0] == "{":
            frame = json.loads(body)
            assert frame["data"]["E"] >= pushed[frame["stream"]]
            pushed[frame["stream"]] = frame["data"]["E"]


def test_progress_rises_to_one(tmp_path):
    shares = []
    write_recording(tmp_path / "short.gz", minutes=0.5, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_no_length_for_a_scenario(tmp_path):
    with pytest.raises(ValueError, match=r"0\.01 minutes is too short"):
        write_recording(tmp_path / "none.gz", minutes=0.01)
    assert list(tmp_path.iterdir()) == []
