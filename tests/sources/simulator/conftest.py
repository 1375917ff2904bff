"""A recording of three minutes, made once, and its lines."""

import gzip
import json

import pytest

from sources.simulator.recording import write_recording


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recording") / "binance-usdm__demo.gz"
    return write_recording(path, minutes=3.0)


@pytest.fixture(scope="session")
def lines(recording):
    parsed = []
    for line in gzip.decompress(recording.path.read_bytes()).decode().splitlines():
        stamp, _, body = line.partition(" ")
        parsed.append((int(stamp), body))
    return parsed


@pytest.fixture(scope="session")
def frames(lines):
    """(received_ns, data) of every frame of the venue."""
    return [(ns, json.loads(body)["data"]) for ns, body in lines if body[0] == "{"]
