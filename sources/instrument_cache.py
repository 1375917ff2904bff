"""The last catalogue of each venue, kept on disk for when the venue cannot be reached.

`<folder>/<venue>.json`, written whole or not at all. An old catalogue that is used is told, with
its age; one that is newer than `fresh_h` is used without asking the venue.
"""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import msgspec
from msgspec import Struct

from schemas.errors import SeawallError, UsageError
from sources.instruments import Catalogue, Gathering, Lister

VERSION: Final = 1
_NS_PER_H: Final = 3_600 * 10**9


class _Kept(Struct):
    version: int
    catalogue: Catalogue


def catalogue_of(
    lister: Lister,
    fetch: Callable[[str], bytes],
    folder: Path,
    *,
    now_ns: int,
    tell: Callable[[str], None],
    fresh_h: float = 0.0,
) -> Catalogue:
    """The venue's catalogue; the kept one when it is fresh, or when the venue cannot be reached.

    `fetch(url)` raises SeawallError or OSError when there is no answer. Raises SeawallError when
    there is neither. `tell` gets a sentence about everything that is not as it should be.
    """
    kept = load(folder, lister.venue, tell)
    if kept is not None and 0.0 <= age_h(kept, now_ns) < fresh_h:
        return kept
    try:
        found = gathered(lister, fetch, now_ns)
    except (SeawallError, OSError) as error:
        if isinstance(error, UsageError):
            raise
        if kept is None:
            message = f"{lister.venue}: no listing, and none is kept in {folder}: {error}"
            raise SeawallError(message) from error
        tell(
            f"{lister.venue}: no listing ({error}); using the one of "
            f"{age_h(kept, now_ns):.1f} h ago, which may lack what was listed since"
        )
        return kept
    if found.refused:
        shown = "; ".join(found.refused[:3]) + (" …" if len(found.refused) > 3 else "")
        tell(f"{lister.venue}: {len(found.refused)} listed instruments cannot be used: {shown}")
    try:
        save(folder, found)
    except OSError as error:
        tell(f"{lister.venue}: the listing cannot be kept in {folder}: {error.strerror or error}")
    return found


def age_h(catalogue: Catalogue, now_ns: int) -> float:
    """Hours since a catalogue was asked for."""
    return (now_ns - catalogue.at_ns) / _NS_PER_H


def load(folder: Path, venue: str, tell: Callable[[str], None]) -> Catalogue | None:
    """The kept catalogue of a venue, if there is one that can be read."""
    path = _path(folder, venue)
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return None
    except OSError as error:
        tell(f"{path}: cannot be read: {error.strerror or error}")
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        tell(f"{path}: is no listing of ours and is not used: {error}")
        return None
    if kept.version != VERSION or kept.catalogue.venue != venue:
        tell(f"{path}: is of another version or venue and is not used")
        return None
    return kept.catalogue


def save(folder: Path, catalogue: Catalogue) -> None:
    """Keep a catalogue: the file is the old one or the new one, never half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = _path(folder, catalogue.venue)
    body = msgspec.json.encode(_Kept(VERSION, catalogue))
    with NamedTemporaryFile(dir=folder, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise


def gathered(lister: Lister, fetch: Callable[[str], bytes], now_ns: int) -> Catalogue:
    """What the venue lists now. Raises SeawallError, and whatever `fetch` raises."""
    gathering = Gathering(lister)
    while (url := gathering.next()) is not None:
        gathering.take(fetch(url))
    return gathering.catalogue(now_ns)


def _path(folder: Path, venue: str) -> Path:
    return folder / f"{venue}.json"
