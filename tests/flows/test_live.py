"""Live, end to end over real sockets: killed, started again, stopped, and replayed to the same rows.

The venues are those of `seawall simulate`, in a process of its own.
"""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from schemas.tables import TABLES
from sinks.reading import latest_inputs, rows_of
from sinks.store import Store
from sinks.tables import columns
from sources.lines import ANSWER, CONTROL, FRAME, index_lines
from sources.live.reread import reread
from tests.shared import ROOT

SEAWALL = [sys.executable, "-m", "flows"]
PATIENCE_S = 60.0  # a machine under load is no failure
LIVE_S = 4.0
CONNECTIONS = ["binance-usdm-market", "binance-usdm-public", "okx-business", "okx-public"]


class Process:
    """A command under way whose words go into a file."""

    def __init__(self, folder: Path, name: str, *arguments: object) -> None:
        self.path = folder / f"{name}.txt"
        with self.path.open("wb") as said:
            command = [*SEAWALL, *map(str, arguments)]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)

    @property
    def said(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something; a process that ends before is a failure."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def end(self, number: int | None = None) -> int:
        """Send a signal, if any, and wait for the end; the exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)
