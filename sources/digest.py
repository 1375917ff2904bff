"""A running SHA-256 that is computed beside the thread that feeds it.

Hashing lets go of the interpreter, so a second core does it for nothing; whoever asks for the
digest waits for what is under way.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final

_BESIDE: Final = ThreadPoolExecutor(1, thread_name_prefix="digest")
_SMALL: Final = 1 << 14  # bytes; handing over costs more than hashing less


class RunningDigest:
    """Like a hash object: `update`, `hexdigest`."""

    def __init__(self) -> None:
        self._hash = sha256()
        self._under_way: Future[None] | None = None

    def update(self, data: Any) -> None:
        """Hash what comes next. The buffer must not change afterwards."""
        view = memoryview(data)
        self._settle()
        if view.nbytes < _SMALL:
            self._hash.update(view)
        else:
            self._under_way = _BESIDE.submit(self._hash.update, view)

    def hexdigest(self) -> str:
        """The digest of everything so far."""
        self._settle()
        return self._hash.hexdigest()

    def _settle(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None
