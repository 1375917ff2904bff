"""The error tree. Every error carries data; its text is one sentence a user can act on.

SeawallError                exit 1  failed while running
├── UsageError              exit 2  the command line, a file or a setting is wrong
│   ├── SettingsError       every mistake of a settings file, each with its place
│   └── RunConflict         another input or other settings into an existing run
├── RecordingError          a recording is damaged past a given line
├── StoreError              the store cannot be opened or refused something
│   ├── StoreInUse          another process owns the embedded store
│   └── StoreRefused        an insert was refused (table, rows, cause)
├── NotPublishable          a non-finite number or a wrong type at the edge
└── BrokenInvariant         our own promise does not hold: stop, recover
"""

from collections.abc import Sequence
from difflib import get_close_matches

from msgspec import Struct


class SeawallError(Exception):
    """Any error that is told to the user in one sentence."""

    exit_code = 1


class UsageError(SeawallError):
    """The command line, a file name or a setting is wrong."""

    exit_code = 2


class Mistake(Struct, frozen=True):
    """One mistake in a settings file: where it is and what is wrong."""

    place: str
    text: str

    def __str__(self) -> str:
        """Place first, as compilers do."""
        return f"{self.place}: {self.text}"


class SettingsError(UsageError):
    """All mistakes of a settings file at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        """Keep the mistakes; the text is one line each."""
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


class RunConflict(UsageError):
    """A run in the store was made from another input or with other settings."""

    def __init__(self, run: str, why: str) -> None:
        """Name the run and say which name to give instead."""
        self.run = run
        super().__init__(f"run {run!r} in this store {why}; choose another name with --run NAME")


class RecordingError(SeawallError):
    """A recording cannot be read past `line`."""

    def __init__(self, path: str, line: int, why: str) -> None:
        """Name the file and the last good line."""
        self.path, self.line = path, line
        super().__init__(f"{path}: {why} after line {line}")


class StoreError(SeawallError):
    """The store cannot be opened, read or written."""


class StoreInUse(StoreError):
    """Another process has the embedded store open."""

    def __init__(self, path: str) -> None:
        """Name the folder."""
        self.path = path
        super().__init__(
            f"store {path} is in use by another process: stop it, or give another --store"
        )


class StoreRefused(StoreError):
    """An insert was refused; nothing of it was stored."""

    def __init__(self, table: str, rows: int, cause: str) -> None:
        """Name the table and the number of rows."""
        self.table, self.rows, self.cause = table, rows, cause
        super().__init__(f"the store refused {rows} rows for table {table}: {cause}")


class NotPublishable(SeawallError):
    """A value that may not leave the process: NaN, infinity or a wrong type."""

    def __init__(self, table: str, column: str, value: object) -> None:
        """Name the column."""
        self.table, self.column, self.value = table, column, value
        super().__init__(f"{table}.{column}: {value!r} may not be published")


class BrokenInvariant(SeawallError):
    """Our own promise does not hold; the process stops and recovery starts it again."""


def nearest(name: str, valid: Sequence[str]) -> str:
    """A hint with the nearest valid name, or the list of all of them.

    >>> nearest("binance-usmd", ["binance-usdm", "okx"])
    'did you mean "binance-usdm"?'
    """
    close = get_close_matches(name, valid, n=1, cutoff=0.6)
    if close:
        return f'did you mean "{close[0]}"?'
    return "valid are " + ", ".join(sorted(valid))
