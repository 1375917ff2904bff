"""Killed or stopped at random moments and started again: every row is stored exactly once."""

import signal
import time
from pathlib import Path
from random import Random

from sources.simulator.recording import write_recording
from tests.flows.collected import USDM_2024
from tests.flows.excerpt import excerpt
from tests.flows.killed import Job, lively, stopped, stored_rows
from tests.shared import shared_file


def test_three_kills(tmp_path: Path) -> None:
    minute = excerpt(shared_file(USDM_2024), tmp_path)
    config = lively(tmp_path)
    wanted = Job(minute, tmp_path / "undisturbed", config).undisturbed()
    assert all(wanted[name] for name in ("runs", "ticks", "volatility", "regimes", "triggers"))
    job = Job(minute, tmp_path / "killed", config)
    done = stopped(job, [signal.SIGKILL] * 3, Random(20240808))
    assert [stop.hit for stop in done.stops] == [True] * 3, done.stops
    assert stored_rows(job.store) == wanted


def test_term_interrupt_and_kill_of_a_recording_with_forced_orders(tmp_path: Path) -> None:
    recording = tmp_path / "binance-usdm__made-up.gz"
    write_recording(recording, minutes=0.6)
    config = lively(tmp_path)
    wanted = Job(recording, tmp_path / "undisturbed", config).undisturbed()
    assert {name for name, rows in wanted.items() if not rows} <= {"rejected", "feed_health"}
    job = Job(recording, tmp_path / "stopped", config)
    signals = [signal.SIGTERM, signal.SIGKILL, signal.SIGINT]
    done = stopped(job, signals, Random(7))
    assert [stop.hit for stop in done.stops] == [True] * 3, done.stops
    assert stored_rows(job.store) == wanted

    stateless = Job(recording, tmp_path / "stateless", config, state=False)
    running = stateless.start(chunk_frames=1, workers=1)
    assert running.until_reading() == 1
    time.sleep(0.8)  # past the first flush
    assert running.stop(signal.SIGKILL)
    partial = stored_rows(stateless.store)
    assert 0 < len(partial["ticks"]) < len(wanted["ticks"])
    assert stateless.undisturbed() == wanted
