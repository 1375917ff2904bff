"""A store's URL: `chdb:///folder` (embedded) or `http(s)://user:password@host:port/` (server).

The folder of the embedded store is checked here, before the engine sees it, because the engine's
own words for a wrong folder are a stack trace.
"""

import fcntl
import os
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from schemas.errors import StoreError, StoreInUse, UsageError

_PORTS: Final = {"http": 8123, "https": 8443}
_LOCK: Final = "status"  # the engine keeps an flock on this file


class Embedded(Struct, frozen=True):
    """A store inside this process, in a folder."""

    folder: Path

    def __str__(self) -> str:
        """The URL."""
        return f"chdb://{self.folder}"


class Server(Struct, frozen=True):
    """A ClickHouse server. Its text never has the password."""

    secure: bool
    host: str
    port: int
    user: str
    password: str

    def __str__(self) -> str:
        """The URL without the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{self.user}@{host}:{self.port}/"

    def __repr__(self) -> str:
        """The same: a password has no place in a traceback."""
        return f"Server({self})"


Address = Embedded | Server


def address(url: str) -> Address:
    """Read a store's URL. A relative folder is taken from the current one.

    Raises UsageError when it is none.

    >>> str(address("http://desk:secret@db:8123/"))
    'http://desk@db:8123/'
    """
    scheme, found, rest = url.partition("://")
    if found and scheme == "chdb":
        if not rest:
            message = "store chdb:// has no folder: write chdb:///absolute/folder or chdb://folder"
            raise UsageError(message)
        return Embedded(Path(rest).expanduser().absolute())
    if found and scheme in _PORTS:
        return _server(scheme, url)
    shown = f"{scheme}://…" if found else url
    message = (
        f"store {shown!r} is not known: write chdb://folder or http(s)://user:password@host:port/"
    )
    raise UsageError(message)


def _server(scheme: str, url: str) -> Server:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None:
        message = f"store {scheme}://… has no usable host and port: write {scheme}://user:password@host:port/"
        raise UsageError(message)
    if parts.path.strip("/") or parts.query or parts.fragment:
        message = (
            f"store {scheme}://{host}: nothing follows the port; the database is always seawall"
        )
        raise UsageError(message)
    return Server(
        secure=scheme == "https",
        host=host,
        port=_PORTS[scheme] if port is None else port,
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
    )


def prepare(folder: Path, *, create: bool) -> None:
    """Make the folder of an embedded store, and see that this process may use it.

    Raises StoreError (no folder, no directory, no permission, no space) or StoreInUse.
    """
    if not create and not (folder / "metadata").is_dir():
        message = f"there is no store in {folder}"
        raise StoreError(message)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        message = f"store {folder} cannot be a folder: a file of that name is in the way"
        raise StoreError(message) from error
    except OSError as error:
        message = f"store {folder} cannot be created: {error.strerror}"
        raise StoreError(message) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        message = f"store {folder} cannot be used: no permission to write there"
        raise StoreError(message)
    if locked(folder):
        raise StoreInUse(str(folder))


def locked(folder: Path) -> bool:
    """Whether some process (this one too) has the embedded store of the folder open."""
    try:
        with (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    except OSError as error:
        message = f"store {folder} cannot be used: {error.strerror}"
        raise StoreError(message) from error
    return False
