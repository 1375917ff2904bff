"""A second start, kernels cached: how long to the first stored row, and how much memory in all.

Measured on a fresh process, from before it is started, with its own store.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import Struct

_CHILD: Final = """
import json, os, sys
from rich.console import Console
from flows import replay
from flows.settings import load
from sinks.writer import Writer
written = []
start = Writer.__init__
def watched(self, *args, **more):
    start(self, *args, **more)
    written.append(self.written)
Writer.__init__ = watched
files = sys.argv[3:]
given = {"store.url": sys.argv[1], "grid.interval": sys.argv[2], "source": [{"files": files}]}
settings = load(None, {}, given)
replay.replay(settings, ends=False, strict=False,
              console=Console(file=open(os.devnull, "w")))
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"first_at": written[0].first_at,
                  "peak_kb": peak}))
"""


class Start(Struct, frozen=True):
    """Seconds from the process's start to its first stored row; peak memory in MB."""

    first_row_s: float
    peak_mb: float


def measure_start(files: list[str], grid: str) -> Start:
    """Replay the files on a grid in a fresh process and store. Raises CalledProcessError."""
    with TemporaryDirectory(prefix="seawall-bench-") as folder:
        began = time.monotonic()
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, f"chdb://{Path(folder) / 'store'}", grid, *files],
            check=True,
            capture_output=True,
            text=True,
        )
    told = json.loads(child.stdout.splitlines()[-1])
    return Start(told["first_at"] - began, told["peak_kb"] / 1024)
