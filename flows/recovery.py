"""The recovery store: made, cleaned before each start, tied to one run (C16).

Bytewax 0.21.1 commits an epoch's snapshots before the epoch itself. After a kill in between they
stay; the next start uses that epoch number again and overwrites only the keys it touches, so the
start after that would load, for an untouched key, state of the dead execution: from the future.
The cure is to delete, before each start, snapshots of epochs that the last execution never
committed: those from its resume point on.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
from bytewax.recovery import RecoveryConfig, init_db_dir
from msgspec import Struct

from schemas.errors import BrokenInvariant, UsageError

_OWNER: Final = "seawall.json"


class Owner(Struct, frozen=True):
    """Whose recovery data a folder holds."""

    run: str
    settings: str
    inputs: tuple[str, ...]


def open_recovery(folder: Path, owner: Owner) -> RecoveryConfig:
    """Make or clean the folder. Raises UsageError when it belongs to another run."""
    mark = folder / _OWNER
    if folder.exists() and not folder.is_dir():
        message = f"--state {folder}: is a file, not a folder"
        raise UsageError(message)
    if mark.exists():
        try:
            known = msgspec.json.decode(mark.read_bytes(), type=Owner)
        except msgspec.DecodeError as error:
            message = f"--state {folder}: {_OWNER} is damaged; use a new folder"
            raise UsageError(message) from error
        if known != owner:
            message = f"--state {folder}: {_difference(known, owner)}; use a new folder"
            raise UsageError(message)
        clean(folder)
    else:
        if folder.exists() and any(folder.iterdir()):
            message = f"--state {folder}: holds other files; use an empty or new folder"
            raise UsageError(message)
        folder.mkdir(parents=True, exist_ok=True)
        init_db_dir(folder, 1)
        mark.write_bytes(msgspec.json.encode(owner))
    return RecoveryConfig(str(folder))


def _difference(known: Owner, owner: Owner) -> str:
    if known.run != owner.run:
        return f"holds the state of run {known.run!r}"
    if known.inputs != owner.inputs:
        return f"holds the state of a replay of {', '.join(known.inputs)}"
    return "was made with other settings"


def clean(folder: Path) -> int:
    """Delete snapshots of epochs that were never committed. Returns how many."""
    parts = sorted(folder.glob("part-*.sqlite3"))
    resume = _resume_epoch(parts)
    if resume is None:
        return 0
    deleted = 0
    for part in parts:
        with closing(sqlite3.connect(part)) as db:
            deleted += db.execute("DELETE FROM snaps WHERE snap_epoch >= ?", (resume,)).rowcount
            db.commit()
    return deleted


def _resume_epoch(parts: Sequence[Path]) -> int | None:
    """The epoch at which the next execution will resume, over all part files."""
    executions: list[tuple[int, int]] = []
    frontiers: list[tuple[int, int]] = []
    for part in parts:
        with closing(sqlite3.connect(part)) as db:
            try:
                executions += db.execute("SELECT ex_num, resume_epoch FROM exs").fetchall()
                frontiers += db.execute("SELECT ex_num, worker_frontier FROM fronts").fetchall()
            except sqlite3.DatabaseError as error:
                message = f"recovery file {part} is damaged ({error}); use a new --state folder"
                raise BrokenInvariant(message) from error
    if not executions:
        return None
    last, resume = max(executions)
    reached = [frontier for execution, frontier in frontiers if execution == last]
    return min(reached) if reached else resume


def clean_from_command_line(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Clean the recovery folder that `python -m bytewax.run` was given, if any."""
    folder = environ.get("BYTEWAX_RECOVERY_DIRECTORY")
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in ("-r", "--recovery-directory"):
            folder = value or (arguments[at + 1] if at + 1 < len(arguments) else None)
        elif argument.startswith("-r") and not argument.startswith("--") and len(argument) > 2:
            folder = argument[2:]
    if folder is not None and Path(folder).is_dir():
        clean(Path(folder))
