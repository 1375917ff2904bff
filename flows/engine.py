"""Runs Bytewax; what fails in there is raised as one sentence.

Bytewax makes a Rust panic of every error, and Rust writes the panic and its stack to descriptor 2
by itself, before the error arrives here with the same words. While the engine runs, such a panic
is kept aside; everything else shows at once. After a known error the panic is dropped, because
the sentence says it. After anything else it is written out.
"""

import faulthandler
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from traceback import format_exception
from types import TracebackType
from typing import Any, Final

from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig
from bytewax.testing import cluster_main, run_main

from schemas.errors import SeawallError

# Once two workers have run in a process, Bytewax writes Python's traceback in the panic's place.
_PANIC: Final = re.compile(
    rb"thread '[^']*' (?:\(\d+\) )?panicked at |Traceback \(most recent call last\):"
)
_SQLITE: Final = re.compile(r"SqliteFailure\(.*?(?:Some\(\"(.*?)\"\))?\)", re.DOTALL)
_STDERR: Final = 2
_TURN_S: Final = 0.0005


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
    with one_sentence(folder), _short_turns():
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


class one_sentence:
    """While Bytewax works: a known error becomes a SeawallError without the panic's text."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.kept = bytearray()
        self._aside = _panics_into(self.kept)

    def __enter__(self) -> None:
        """Start keeping panics aside, and what Bytewax prints through Python's hook instead."""
        self._aside.__enter__()
        self._hook = sys.excepthook
        sys.excepthook = self._keep

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say what stands behind the error; whatever is unknown keeps every word."""
        sys.excepthook = self._hook
        self._aside.__exit__(None, None, None)
        known = None if error is None else known_error(error, self.folder)
        if known is None:
            if self.kept:
                os.write(_STDERR, self.kept)
        elif known is not error:
            raise known from error

    def _keep(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        self.kept += "".join(format_exception(kind, error, trace)).encode()


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
def _short_turns() -> Iterator[None]:
    """Let the store's writer have the interpreter soon: it needs it often and briefly."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def _panics_into(kept: bytearray) -> Iterator[None]:
    """Keep what native code writes to descriptor 2 from the first panic on.

    Everything before goes on at once, and so do Python's own stderr and the report of a crash.
    Through a pipe: Rust panics again, and for good, when it cannot write to a file on a full disk.
    """
    shown: Any = sys.stderr
    shown.flush()
    real = os.dup(_STDERR)
    watched = faulthandler.is_enabled()
    if not watched:
        faulthandler.enable(real)
    past = _descriptor(shown) == _STDERR
    if past:
        sys.stderr = open(real, "w", buffering=1, closefd=False, errors="backslashreplace")  # noqa: SIM115
    outlet, inlet = os.pipe()
    os.dup2(inlet, _STDERR)
    os.close(inlet)
    listener = Thread(target=_listen, args=(outlet, real, kept), name="engine stderr", daemon=True)
    listener.start()
    try:
        yield
    finally:
        os.dup2(real, _STDERR)  # closes the pipe, so that the listener ends
        listener.join()
        if past:
            sys.stderr.close()
            sys.stderr = shown
        if not watched:
            faulthandler.disable()
        os.close(real)


def _listen(outlet: int, real: int, kept: bytearray) -> None:
    with open(outlet, "rb") as lines:
        for line in lines:
            if kept or _PANIC.match(line):
                kept += line
            else:
                with suppress(OSError):  # nobody reads our stderr any more
                    os.write(real, line)


def _descriptor(stream: Any) -> int | None:
    try:
        number: int = stream.fileno()
    except (AttributeError, OSError, ValueError):  # a stream of a test, or none
        return None
    return number
