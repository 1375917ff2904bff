"""A second start is measured on a fresh process, which replays the files it is given."""

import resource
import subprocess
import time
from pathlib import Path

import pytest

from flows.benchmark.start import measure_start


def test_first_row_and_memory_of_a_fresh_process(recording: Path) -> None:
    began = time.monotonic()
    start = measure_start([str(recording)], "100ms")
    assert 0.1 < start.first_row_s < time.monotonic() - began
    largest_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of any child so far
    assert 50 < start.peak_mb <= largest_kb / 1024


def test_a_replay_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        measure_start([str(tmp_path / "binance-usdm__none.gz")], "250ms")
    assert "binance-usdm__none.gz does not exist" in failed.value.stderr
