"""Killed or stopped at random moments and started again: every row is stored exactly once."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

from sources.simulator.recording import write_recording
from tests.flows.collected import USDM_2024
from tests.flows.excerpt import excerpt
from tests.flows.killed import Job, lively, stopped_in_time, stored_rows
from tests.shared import shared_file

SHARES = (0.4, 0.2, 0.1)


def in_turn(job: Job) -> Iterator[Job]:
    """The same job in one new folder after another."""
    return (replace(job, folder=job.folder.with_name(f"stopped-{n}")) for n in count())


def test_three_kills(tmp_path: Path) -> None:
    minute = excerpt(shared_file(USDM_2024), tmp_path)
    undisturbed = Job(minute, tmp_path / "undisturbed", lively(tmp_path))
    wanted = undisturbed.undisturbed()
    assert all(wanted[name] for name in ("runs", "ticks", "volatility", "regimes", "triggers"))
    signals = [signal.SIGKILL] * 3
    job, _ = stopped_in_time(in_turn(undisturbed), signals, Random(20240808), SHARES)
    assert stored_rows(job.store) == wanted


def test_term_interrupt_and_kill_of_a_recording_with_forced_orders(tmp_path: Path) -> None:
    recording = tmp_path / "binance-usdm__made-up.gz"
    write_recording(recording, minutes=0.6)
    undisturbed = Job(recording, tmp_path / "undisturbed", lively(tmp_path))
    wanted = undisturbed.undisturbed()
    chains = {"gas", "mempool", "pools", "oracles", "lending_accounts", "protocol_events"}
    empty = {name for name, rows in wanted.items() if not rows}
    assert empty <= {"rejected", "feed_health"} | chains
    signals = [signal.SIGTERM, signal.SIGKILL, signal.SIGINT]
    job, _ = stopped_in_time(in_turn(undisturbed), signals, Random(7), SHARES)
    assert stored_rows(job.store) == wanted


def test_a_killed_job_without_recovery_data_is_done_again_from_its_start(tmp_path: Path) -> None:
    recording = tmp_path / "binance-usdm__made-up.gz"
    write_recording(recording, minutes=0.6)
    made = Job(recording, tmp_path / "stateless", lively(tmp_path), grid="10ms", state=False)
    wanted = replace(made, folder=tmp_path / "undisturbed").undisturbed()
    running = made.start(chunk_frames=1, workers=1)
    assert running.until_reading() == 1
    while not made.has_rows("ticks"):
        time.sleep(0.005)
    assert running.stop(signal.SIGKILL)
    partial = stored_rows(made.store)
    assert 0 < len(partial["ticks"]) < len(wanted["ticks"])
    assert made.undisturbed() == wanted
