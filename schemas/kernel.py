"""One line compiles a kernel: `step = compiled(step_plain)`; the plain function is the spec.

This module is the only one that imports numba, so that the cache folder is set before numba
reads it (C17). The folder is named by a hash of all kernel sources and of the numba and numpy
versions: numba's own stamp covers one file only and misses an edited callee elsewhere.
"""

import os
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

_HERE = Path(__file__).resolve().parent.parent
_KERNEL_FOLDERS = ("schemas", "models", "sources")
_IMPORT = b"from schemas.kernel import"  # a file with kernels
_CONSTANTS = ("units.py", "kernel.py")  # kernels have these numbers compiled in


def _sources_hash() -> str:
    digest = blake2b(digest_size=12)
    for package in ("numba", "numpy"):
        digest.update(f"{package}={version(package)};".encode())
    for folder in _KERNEL_FOLDERS:
        for path in sorted((_HERE / folder).rglob("*.py")):
            text = path.read_bytes()
            if _IMPORT in text or path.name in _CONSTANTS:
                digest.update(str(path.relative_to(_HERE)).encode() + b"\0" + text)
    return digest.hexdigest()


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def cache_folder() -> Path:
    """Where compiled kernels live: beside the code, else in the temporary folder."""
    name = _sources_hash()
    beside = _HERE / ".kernels" / name
    if _writable(beside):
        return beside
    elsewhere = Path(tempfile.gettempdir()) / f"seawall-kernels-{os.getuid()}" / name
    elsewhere.mkdir(parents=True, exist_ok=True)
    return elsewhere


os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))

import numba  # noqa: E402  (the cache folder must be set first)


def compiled(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a plain function: no Python objects, no GIL, cached on disk, strict arithmetic."""
    return cast("Callable[..., Any]", numba.njit(cache=True, nogil=True, fastmath=False)(plain))
