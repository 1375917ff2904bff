"""Which blocks were seen, and which are missing between them: their hashes are asked for.

A head whose parent is not known shows that the node has skipped blocks, or that a branch began
before we looked. Ancestors are asked for one by one, at most DEPTH below the newest head: what is
further away is not mended, and everything has to be read anew.
"""

from typing import Any, Final

DEPTH: Final = 64
_KEPT: Final = 256  # blocks below the newest


class Ancestry:
    """Hashes of recent blocks with numbers and parents."""

    def __init__(self) -> None:
        self.parents: dict[str, tuple[int, str]] = {}  # hash → (number, parent's hash)
        self.newest = -1

    def take(self, number: int, block_hash: str, parent: str) -> bool:
        """Note a header; whether it is new."""
        if block_hash in self.parents:
            return False
        self.parents[block_hash] = (number, parent)
        if number > self.newest:
            self.newest = number
            floor = number - _KEPT
            self.parents = {h: p for h, p in self.parents.items() if p[0] > floor}
        return True

    def missing(self, number: int, parent: str) -> str | None:
        """The parent of a header when it ought to be known and is not."""
        if parent in self.parents or len(self.parents) < 2:
            return None  # of the first header nothing before is wanted
        floor = max(self.newest - DEPTH, min(n for n, _ in self.parents.values()) - 1)
        return parent if number - 1 > floor else None

    def out_of_reach(self, number: int) -> bool:
        """Whether a new header is so far above all others that the way there is not mended."""
        return self.newest >= 0 and number > self.newest + DEPTH

    def forget(self) -> None:
        """Begin anew."""
        self.parents.clear()
        self.newest = -1

    def snapshot(self) -> Any:
        """Plain values."""
        return [[h, n, p] for h, (n, p) in self.parents.items()]

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        self.parents = {h: (n, p) for h, n, p in state}
        self.newest = max((n for n, _ in self.parents.values()), default=-1)
