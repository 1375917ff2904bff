"""`python -m tests.campaign`: what takes too long for every test run.

Replays of three recordings are killed at random moments until 36 kills have hit a running
dataflow; after each series the store must equal, row for row, the one of an undisturbed replay.
Then every combination of chunk, workers and epoch, every deletion, and a whole simulated crash
live on all venues with five kills (pytest, SEAWALL_CAMPAIGN=1).
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sources.simulator.recording import write_recording
from tests.flows.excerpt import S, excerpt
from tests.flows.killed import Job, Stopped, lively, stopped, stored_rows
from tests.shared import ROOT, SHARED

KILLS = 36
SERIES = 6  # kills of one replay
SEED = 1
TESTS = (
    "tests/flows/test_determinism.py",
    "tests/flows/test_deletions.py",
    "tests/flows/test_live.py",
)
CAPTURES = ("binance-usdm__btcusdt-2024-08-08.gz", "binance-usdm__btcusdt-2023-04-04.gz")


@dataclass
class Series:
    """The kills of one replay, and the tables that differed in the end."""

    name: str
    done: Stopped
    rows: int
    differing: list[str]

    @property
    def good(self) -> bool:
        """Whether every row was stored exactly once."""
        return not self.differing


def main() -> int:
    """Run everything; the exit code is 0 when all of it is right."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="seawall-campaign-") as folder:
        series = list(killed(Path(folder)))
    wrong = sum(not each.good for each in series)
    hits = sum(each.done.hits for each in series)
    seconds = sum(each.done.seconds for each in series)
    print("\nrecording                                kills  hit   s/kill   rows  result")
    for each in series:
        count = len(each.done.stops)
        result = "equal" if each.good else "DIFFERS in " + ", ".join(each.differing)
        print(
            f"{each.name:40s} {count:5d} {each.done.hits:4d} "
            f"{each.done.seconds / max(1, count):8.1f} {each.rows:6d}  {result}"
        )
    print(f"{hits} kills hit a running dataflow, {seconds / max(1, hits):.1f} s each\n", flush=True)
    tests = [name for name in TESTS if (ROOT / name).exists()]
    missing = sorted(set(TESTS) - set(tests))
    for name in missing:
        print(f"{name} is missing")
    pytest = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", *tests],
        cwd=ROOT,
        env=os.environ | {"SEAWALL_CAMPAIGN": "1"},
        check=False,
    ).returncode
    good = not wrong and hits >= KILLS and not pytest and not missing
    print(f"campaign {'passed' if good else 'FAILED'} in {time.monotonic() - begun:.0f} s")
    return 0 if good else 1


def killed(folder: Path) -> Iterator[Series]:
    """Series after series until enough kills have hit."""
    rng = Random(SEED)
    config = lively(folder)
    inputs = list(recordings(folder))
    wanted = {
        path: Job(path, folder / "undisturbed" / path.stem, config).undisturbed()
        for path in inputs
    }  # fmt: skip
    hits = number = 0
    while hits < KILLS and number < 3 * KILLS // SERIES:
        path = inputs[number % len(inputs)]
        job = Job(path, folder / str(number), config)
        print(f"\n{path.name}, series {number + 1}", flush=True)
        done = stopped(job, [signal.SIGKILL] * SERIES, rng, share=0.3, tell=_tell)
        rows = stored_rows(job.store)
        differing = [name for name in rows if rows[name] != wanted[path][name]]
        yield Series(path.name, done, sum(map(len, rows.values())), differing)
        hits += done.hits
        number += 1


def recordings(folder: Path) -> Iterator[Path]:
    """Two real ones where there are any, and one with forced orders."""
    for name in CAPTURES:
        path = SHARED / "data" / "captures" / name
        if path.exists():
            yield excerpt(path, folder, 120 * S)
        else:
            print(f"no {path}: made-up recordings only")
    path = folder / "binance-usdm__made-up.gz"
    write_recording(path, minutes=2.0)
    yield path


def _tell(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
