"""A running digest of a stream of bytes, computed beside the thread that feeds it.

digest = SHA-256(chain + bytes since the last whole MiB), chain = the digest at that MiB. So it can
be taken up again from a chain and at most one MiB of the stream, however long that is; of less
than one MiB it is the plain SHA-256. Hashing lets go of the interpreter, so a second core does it
for nothing; whoever asks for the digest waits for what is under way.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Final

BLOCK: Final = 1 << 20  # bytes
_BESIDE: Final = ThreadPoolExecutor(1, thread_name_prefix="digest")
_SMALL: Final = 1 << 14  # bytes; handing over costs more than hashing less


class RunningDigest:
    """Like a hash object: `update`, `hexdigest`. `chain` and `blocks` take up an earlier one."""

    def __init__(self, chain: bytes = b"", blocks: int = 0) -> None:
        self._chain = chain
        self._blocks = blocks
        self._hash = sha256(chain)
        self._room = BLOCK
        self._under_way: Future[None] | None = None

    def update(self, data: Any) -> None:
        """Hash what comes next. The buffer must not change afterwards."""
        view = memoryview(data)
        self._settle()
        if view.nbytes < _SMALL:
            self._absorb(view)
        else:
            self._under_way = _BESIDE.submit(self._absorb, view)

    def hexdigest(self) -> str:
        """The digest of everything so far."""
        self._settle()
        return self._hash.hexdigest()

    def taken_up(self) -> tuple[bytes, int]:
        """What a later process needs, beside the bytes since: (chain, whole MiB before them)."""
        self._settle()
        return self._chain, self._blocks

    def _absorb(self, view: memoryview) -> None:
        while view.nbytes >= self._room:
            self._hash.update(view[: self._room])
            view = view[self._room :]
            self._chain = self._hash.digest()
            self._blocks += 1
            self._hash = sha256(self._chain)
            self._room = BLOCK
        self._hash.update(view)
        self._room -= view.nbytes

    def _settle(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None
