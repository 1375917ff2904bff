"""Warming up meets every kernel, so that no compilation waits for the first real line."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.kernels import kept_kernels
from schemas.errors import SeawallError
from sources.simulator.recording import write_recording
from tests.shared import ROOT

SCRIPT = """
import json, sys
from pathlib import Path
from rich.console import Console
from flows.kernels import warm
from flows.replay import replay
from flows.settings import load

def kernels():
    found = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("models", "sources", "schemas"):
            for value in vars(module).values():
                if hasattr(value, "signatures") and hasattr(value, "py_func"):
                    kernel = value.py_func
                    found[f"{kernel.__module__}.{kernel.__name__}"] = len(value.signatures)
    return found

path = Path(sys.argv[1])
warm()
before = kernels()
settings = load(None, {}, {"source": [{"files": [str(path)]}],
                           "store.url": f"chdb://{path.parent / 'store'}"})
code = replay(settings, ends=False, strict=False, console=Console(stderr=True))
print(json.dumps([code, before, kernels()]))
"""


def test_a_replay_after_it_compiles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "binance-usdm__a.gz"
    write_recording(path, minutes=0.2)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        capture_output=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    code, before, after = json.loads(done.stdout)
    assert code == 0
    assert len(before) > 10
    assert after == before
    # A kernel called by kernels alone has no signature of its own that Python asked for.
    assert {name for name, count in after.items() if count > 1} == set()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_cache_that_cannot_be_written(number: int) -> None:
    with pytest.raises(SeawallError) as raised, kept_kernels():
        raise OSError(number, os.strerror(number))
    assert str(raised.value) == (
        f"compiled kernels cannot be kept in {os.environ['NUMBA_CACHE_DIR']}: "
        f"{os.strerror(number)}; make room there, or name another folder with NUMBA_CACHE_DIR"
    )


def test_other_trouble_is_left_alone() -> None:
    with pytest.raises(OSError, match="full"), kept_kernels():
        raise OSError(errno.ENOSPC, "full", "a.gz")
    with pytest.raises(OSError, match="odd"), kept_kernels():
        raise OSError(errno.EIO, "odd")
