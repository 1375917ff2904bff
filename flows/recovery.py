"""The recovery folder: made, locked, cleaned before each start, tied to one run (C16).

Bytewax 0.21.1 commits an epoch's snapshots before the epoch itself. After a kill in between they
stay; the next start uses that epoch number again and overwrites only the keys it touches, so the
start after that would load, for an untouched key, state of the dead execution: from the future.
The cure is to delete, before each start, snapshots of epochs that the last execution never
committed: those from its resume point on. Of a running execution that would delete good ones, so
a folder is locked as long as it is used.
"""

import fcntl
import sqlite3
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec
from bytewax.recovery import RecoveryConfig, init_db_dir
from msgspec import Struct

from flows.engine import one_sentence
from schemas.errors import SeawallError, UsageError

_OWNER: Final = "seawall.json"
_HALF: Final = "seawall.json.part"  # the mark being written
_LOCK: Final = "seawall.lock"
_PARTS: Final = "part-*.sqlite3"


class Owner(Struct, frozen=True):
    """Whose recovery data a folder holds."""

    run: str
    settings: str
    inputs: tuple[str, ...]
    store: str


def check(folder: Path, owner: Owner) -> None:
    """See whether the folder may be used. Raises UsageError when it belongs to something else."""
    if folder.exists() and not folder.is_dir():
        message = f"--state {folder}: is a file, not a folder"
        raise UsageError(message)
    mark = folder / _OWNER
    if not mark.exists():
        if folder.exists() and any(file.name not in (_HALF, _LOCK) for file in folder.iterdir()):
            message = f"--state {folder}: holds other files; use an empty or new folder"
            raise UsageError(message)
        return
    try:
        known = msgspec.json.decode(mark.read_bytes(), type=Owner)
    except msgspec.DecodeError as error:
        message = f"--state {folder}: {_OWNER} is damaged; use a new folder"
        raise UsageError(message) from error
    if known != owner:
        message = f"--state {folder}: {_difference(known, owner)}; use a new folder"
        raise UsageError(message)


@contextmanager
def recovery(folder: Path, owner: Owner) -> Iterator[RecoveryConfig]:
    """Make or clean the folder, and keep it locked. Raises UsageError as `check` does.

    A kill at any moment leaves a folder that the next start can use.
    """
    check(folder, owner)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"--state {folder}: cannot be made: {error.strerror}"
        raise UsageError(message) from error
    with locked(folder):
        mark = folder / _OWNER
        if not mark.exists():
            (folder / _HALF).write_bytes(msgspec.json.encode(owner))
            (folder / _HALF).rename(mark)
        if not _is_complete(folder):
            for part in folder.glob(_PARTS + "*"):
                part.unlink()
            with one_sentence(folder):
                init_db_dir(folder, 1)
        clean(folder)
        yield RecoveryConfig(str(folder))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others away. Raises UsageError when another process uses the folder."""
    with (folder / _LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"--state {folder}: is in use by another process"
            raise UsageError(message) from error
        yield


def _difference(known: Owner, owner: Owner) -> str:
    if known.run != owner.run:
        return f"holds the state of run {known.run!r}"
    if known.inputs != owner.inputs:
        return f"holds the state of a replay of {', '.join(known.inputs)}"
    if known.store != owner.store:
        return f"goes with store {known.store}"
    return "was made with other settings"


def clean(folder: Path) -> int:
    """Delete snapshots of epochs that were never committed. Returns how many.

    Raises SeawallError when a file cannot be read or written.
    """
    parts = sorted(folder.glob(_PARTS))
    resume = resume_epoch(folder)
    deleted = 0
    for part in parts if resume is not None else ():
        with _opened(part) as db:
            deleted += db.execute("DELETE FROM snaps WHERE snap_epoch >= ?", (resume,)).rowcount
            db.commit()
    return deleted


def resumes(folder: Path) -> bool:
    """Whether the folder holds a committed snapshot, so that a start would not be from scratch.

    A folder that is not there, or that a kill left half made, holds none.
    """
    resume = resume_epoch(folder) if _is_complete(folder) else None
    if resume is None:
        return False
    for part in sorted(folder.glob(_PARTS)):
        with _opened(part) as db:
            sql = "SELECT count(*) FROM snaps WHERE snap_epoch < ?"
            if db.execute(sql, (resume,)).fetchone()[0]:
                return True
    return False


def resume_epoch(folder: Path) -> int | None:
    """The epoch at which the next execution will resume, over all part files; None before any."""
    executions: list[tuple[int, int]] = []
    frontiers: list[tuple[int, int]] = []
    for part in sorted(folder.glob(_PARTS)):
        with _opened(part) as db:
            executions += db.execute("SELECT ex_num, resume_epoch FROM exs").fetchall()
            frontiers += db.execute("SELECT ex_num, worker_frontier FROM fronts").fetchall()
    if not executions:
        return None
    last, resume = max(executions)
    reached = [frontier for execution, frontier in frontiers if execution == last]
    return min(reached) if reached else resume


def _is_complete(folder: Path) -> bool:
    """Whether `init_db_dir` came to its end: its last step names the part."""
    parts = sorted(folder.glob(_PARTS))
    for part in parts:
        with _opened(part) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            if "parts" not in tables or not db.execute("SELECT count(*) FROM parts").fetchone()[0]:
                return False
    return bool(parts)


@contextmanager
def _opened(part: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(part)) as db:
            yield db
    except sqlite3.Error as error:
        message = (
            f"--state {part.parent}: {part.name} cannot be used ({error}); "
            "make room there, or give a new folder: what is stored stays"
        )
        raise SeawallError(message) from error


def folder_of(arguments: Sequence[str], environ: Mapping[str, str]) -> Path | None:
    """The recovery folder that `python -m bytewax.run` was given, if any."""
    parser = ArgumentParser(add_help=False)
    given = environ.get("BYTEWAX_RECOVERY_DIRECTORY")
    parser.add_argument("-r", "--recovery-directory", type=Path, default=given)
    for name in ("-s", "-b", "-w", "-i", "-a"):  # those with a value that -r must not be taken from
        parser.add_argument(name)
    folder: Path | None = parser.parse_known_args(arguments)[0].recovery_directory
    return folder
