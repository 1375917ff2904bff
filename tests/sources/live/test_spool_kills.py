"""kill -9 while a spool is being written, rotated and compressed: no line that counted is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sources.live.manifest import content_of, load_entries
from sources.live.packer import PART
from sources.live.spool import BEGINNING
from sources.packed import open_packed
from tests.sources.live.spools import rest, spool

KILLS = 16
CHILD = """
import os, sys, time
from pathlib import Path
from tests.sources.live.spools import spool
from tests.sources.live.test_spool_kills import numbered
made = spool(Path(sys.argv[1]), segment_bytes=200_000)
counted = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT)
number = made.lines
os.pwrite(counted, b"%20d" % number, 0)
while True:
    many = 3000 if number % 31 == 0 else 1 + number * 7919 % 40
    made.append(numbered(number + 1, number + 1 + many))
    number += many
    os.pwrite(counted, b"%20d" % number, 0)  # it has returned
    time.sleep(0.0005)
"""


def numbered(first: int, past: int) -> list[bytes]:
    return [
        b'%d {"n":%d,"x":"%s"}\n' % (10**18 + n, n, b"%x" % (n * 2654435761) * (n % 60))
        for n in range(first, past)
    ]


def counted(path: Path) -> int:
    return int(path.read_bytes() or b"-1") if path.exists() else -1


def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    rng = random.Random(11)
    acknowledged = tmp_path / "counted"
    at, lines = BEGINNING, 0
    reached = []
    interrupted = 0  # kills that left more than the last segment uncompressed
    for _ in range(KILLS):
        acknowledged.unlink(missing_ok=True)
        run = [sys.executable, "-c", CHILD, str(tmp_path), str(acknowledged)]
        child = subprocess.Popen(run)
        while counted(acknowledged) < 0:
            assert child.poll() is None
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, 0.1))
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        reached.append(counted(acknowledged))
        interrupted += len([*(tmp_path / "c").glob("*.log")]) > 1
        with spool(tmp_path, segment_bytes=200_000) as made:
            assert made.lines >= reached[-1]
            assert rest(made, at) == b"".join(numbered(lines + 1, made.lines + 1))
            at, lines = made.end, made.lines
    assert rest(made, BEGINNING) == b"".join(numbered(1, lines + 1))
    assert reached == sorted(reached)
    assert len(set(reached)) > KILLS // 2
    assert interrupted > 2
    every_segment_is_what_the_manifest_says(tmp_path / "c")


def every_segment_is_what_the_manifest_says(folder: Path) -> None:
    entries = load_entries(folder)
    packed = sorted(path.stem for path in folder.glob("*.zst"))
    assert sorted(entries) == packed
    assert len(packed) > 5
    assert not list(folder.glob("*" + PART))
    lines = 0
    for name in packed:
        entry = entries[name]
        assert content_of(folder / (name + ".zst")) == (entry.bytes, entry.sha256)
        assert entry.first_line == lines + 1
        stream, raw = open_packed(folder / (name + ".zst"))
        with raw:
            text = b""
            while data := stream.read1():
                text += data
        assert text.count(b"\n") == entry.lines + 1
        lines += entry.lines
