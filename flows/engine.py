"""Runs Bytewax; what fails in there is raised as one sentence.

Bytewax makes a Rust panic of every error, and Rust writes the panic and its stack to descriptor 2
by itself, before the error arrives here with the same words. While the engine runs, what native
code writes there is kept aside; `sys.stderr` still shows at once. After a known error the panic
is dropped, because the sentence says it. After anything else everything kept is written out.
"""

import faulthandler
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig
from bytewax.testing import cluster_main, run_main

from schemas.errors import SeawallError

_PANIC: Final = re.compile(rb"^thread '[^'\n]*' (?:\(\d+\) )?panicked at ", re.MULTILINE)
_SQLITE: Final = re.compile(r"SqliteFailure\(.*?(?:Some\(\"(.*?)\"\))?\)", re.DOTALL)
_STDERR: Final = 2


def run_engine(
    dataflow: Dataflow,
    *,
    epoch_s: float,
    workers: int = 1,
    recovery: RecoveryConfig | None = None,
    folder: Path | None = None,
) -> None:
    """Run a dataflow to its end. `folder` is where its recovery data are.

    Raises the SeawallError that a step raised, or one that says what is wrong with the folder.
    """
    epoch = timedelta(seconds=epoch_s)
    with one_sentence(folder):
        if workers == 1:
            run_main(dataflow, epoch_interval=epoch, recovery_config=recovery)
        else:
            cluster_main(
                dataflow,
                [],
                0,
                epoch_interval=epoch,
                recovery_config=recovery,
                worker_count_per_proc=workers,
            )


@contextmanager
def one_sentence(folder: Path | None) -> Iterator[None]:
    """While Bytewax works: a known error becomes a SeawallError without the panic's text."""
    known: BaseException | None = None
    failed = False
    with TemporaryFile() as aside:
        try:
            with _kept(aside):
                yield
        except BaseException as error:
            failed, known = True, known_error(error, folder)
            if known is None or known is error:
                raise
            raise known from error
        finally:
            aside.seek(0)
            text = aside.read()
            panic = _PANIC.search(text)
            if failed and known is not None and panic is not None:
                text = text[: panic.start()]
            os.write(_STDERR, text)


def known_error(error: BaseException, folder: Path | None) -> BaseException | None:
    """What stands behind an error of the engine, if it can be told in one sentence."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, SeawallError | KeyboardInterrupt):
            return seen
        seen = seen.__cause__ or seen.__context__
    found = _SQLITE.search(str(error))
    if found is None or folder is None:
        return None
    what = found[1] or "it failed"
    message = (
        f"--state {folder}: SQLite cannot use it ({what}); "
        "make room there, or give a new folder: what is stored stays"
    )
    return SeawallError(message)


@contextmanager
def _kept(aside: IO[bytes]) -> Iterator[None]:
    """Lead descriptor 2 to a file; Python's own stderr, and the report of a crash, past it."""
    shown: Any = sys.stderr
    shown.flush()
    real = os.dup(_STDERR)
    watched = faulthandler.is_enabled()
    if not watched:
        faulthandler.enable(real)
    past = _descriptor(shown) == _STDERR
    if past:
        sys.stderr = open(real, "w", buffering=1, closefd=False, errors="backslashreplace")  # noqa: SIM115
    os.dup2(aside.fileno(), _STDERR)
    try:
        yield
    finally:
        if past:
            sys.stderr.close()
            sys.stderr = shown
        if not watched:
            faulthandler.disable()
        os.dup2(real, _STDERR)
        os.close(real)


def _descriptor(stream: Any) -> int | None:
    try:
        number: int = stream.fileno()
    except (AttributeError, OSError, ValueError):  # a stream of a test, or none
        return None
    return number
