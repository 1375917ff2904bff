"""Runs several commands in one process, as starting one takes seconds: `commands([[…], …])`.

Each is the whole command `seawall` with its own descriptors 1 and 2, so that what native code
writes is seen as well. With `fsize` no file may grow past so many bytes, like on a full disk.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.shared import ROOT

PATIENCE_S = 240.0
UNHEARD = ("Traceback", "panicked", "RUST_BACKTRACE")


class Said(NamedTuple):
    """What a command left behind."""

    code: object
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of stderr."""
        return self.err.rstrip("\n").rpartition("\n")[2]


def heard(said: Said) -> None:
    """Neither a traceback nor a word of Rust."""
    assert not [word for word in UNHEARD if word in said.err], said.err


def commands(
    arguments: Sequence[Sequence[object]],
    *,
    cwd: Path | None = None,
    fsize: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> list[Said]:
    """Run them one after the other in a new process."""
    given = {"arguments": [[str(a) for a in each] for each in arguments], "fsize": fsize}
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=cwd or ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | dict(environ or {}),
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Said(*each) for each in json.loads(done.stdout)]


def _run(arguments: list[str]) -> tuple[object, str, str]:
    from flows.__main__ import main

    kept = [os.dup(number) for number in (1, 2)]
    files = [tempfile.TemporaryFile() for _ in kept]  # noqa: SIM115
    for number, file in enumerate(files, 1):
        os.dup2(file.fileno(), number)
    sys.argv = ["seawall", *arguments]
    code: Any = None
    try:
        main()
    except SystemExit as left:
        code = left.code
    except BaseException:  # noqa: BLE001 (as the interpreter would)
        traceback.print_exc()
        code = 1
    texts = []
    for number, (file, descriptor) in enumerate(zip(files, kept, strict=True), 1):
        (sys.stdout, sys.stderr)[number - 1].flush()
        os.dup2(descriptor, number)
        os.close(descriptor)
        file.seek(0)
        texts.append(file.read().decode(errors="backslashreplace"))
        file.close()
    return code, texts[0], texts[1]


def _main() -> None:
    given = json.load(sys.stdin)
    if given["fsize"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given["fsize"], resource.RLIM_INFINITY))
    said = [_run(arguments) for arguments in given["arguments"]]
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    _main()
