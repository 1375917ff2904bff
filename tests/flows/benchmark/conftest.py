"""Eighteen simulated seconds, in a file and in memory."""

import gzip
from pathlib import Path

import pytest

from flows.benchmark.stages import Inputs
from flows.settings import load
from flows.wiring import wire
from sources.simulator.recording import write_recording


@pytest.fixture(scope="package")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bench") / "binance-usdm__tiny.gz"
    return write_recording(path, minutes=0.3).path


@pytest.fixture(scope="package")
def inputs(recording: Path) -> Inputs:
    settings = load(None, {}, {"source": [{"files": [str(recording)]}]})
    wiring = wire(settings)
    return Inputs(settings, wiring, {"binance-usdm__tiny": gzip.decompress(recording.read_bytes())})
