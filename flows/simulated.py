"""Simulated venues in a process of their own, for as long as somebody listens to them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

from flows.simulated_addresses import LISTENING
from schemas.errors import SeawallError

_STOP_S: Final = 5.0


@contextmanager
def simulated_venues(*arguments: str) -> Iterator[str]:
    """`seawall simulate` with these arguments; the settings that listen to it, as TOML.

    It does not get the Ctrl-C of a terminal: who listens ends first. Raises SeawallError with
    what it said when it does not begin.
    """
    command = [sys.executable, "-m", "flows", "simulate", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            settings = _settings_of(process)
            Thread(target=process.stdout.read, daemon=True).start()  # type: ignore[union-attr]
            yield settings
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _settings_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(LISTENING):
            return "".join(said)
    message = f"the simulated venues did not begin: {''.join(said).strip()}"
    raise SeawallError(message)
