"""Arguments of any types out of bytes that nobody vouches for: bounded, whatever they say.

Calldata points at its own parts by offsets, and offsets may overlap: a hundred elements of a
`bytes[]` can all be the same hundred kilobytes. Here every byte is given out once: an input of n
bytes produces at most n bytes of content, as any encoder's output does, or it is Malformed.
"""

from functools import cache
from typing import Any, Final

from sources.evm.abi import Malformed, decoded
from sources.evm.signatures import types_in

WORD: Final = 32
MOST_ELEMENTS: Final = 1024  # of one array with dynamic elements

_OFFSET: Final = "uint256"
_ARRAY_BEGINS: Final = WORD.to_bytes(WORD, "big")


def arguments(types: tuple[str, ...], data: bytes) -> tuple[Any, ...]:
    r"""Values of the types, nested as the types are; bytes after them are allowed.

    As `abi.decoded`, and moreover: arrays of dynamic elements (at most `MOST_ELEMENTS`), and a
    `bytes` that ends before its length says so is refused. Arrays of fixed length are of static
    elements alone. Text that is not UTF-8 has � in it. Raises Malformed.

    >>> arguments(("bytes[]",), bytes(31) + b"\x20" + bytes(32))
    ((),)
    """
    return _Source(data).tuple(types, 0)


def word(data: bytes, begin: int) -> int:
    """The unsigned number in the 32 bytes from `begin`. Raises Malformed where they end early."""
    if begin + WORD > len(data):
        raise Malformed(_short(data, begin, WORD))
    return int.from_bytes(data[begin : begin + WORD], "big")


class _Source:
    def __init__(self, data: bytes) -> None:
        self._data, self._left = data, len(data)

    def tuple(self, types: tuple[str, ...], base: int) -> tuple[Any, ...]:
        """Values whose head begins at `base`; offsets count from there."""
        kinds, size, dynamic = _head(types)
        if not kinds:
            return ()
        values = decoded(kinds, self._take(base, size))
        if not dynamic:
            return values
        found = list(values)
        for index, kind in dynamic:
            found[index] = self._dynamic(kind, base + found[index])
        return tuple(found)

    def _dynamic(self, kind: str, at: int) -> Any:
        if kind.startswith("(") and kind.endswith(")"):
            return self.tuple(types_in(kind), at)
        length = self._take(at, WORD)
        count, begin = int.from_bytes(length, "big"), at + WORD
        if kind in ("bytes", "string"):
            content = self._take(begin, count)
            return content if kind == "bytes" else content.decode(errors="replace")
        item = kind[:-2]
        if not _is_dynamic(item):
            size = WORD * _words(item)
            content = self._take(begin, count * size)
            if item[-1] not in ")]":
                return decoded((kind,), _ARRAY_BEGINS + length + content)[0]
            parts = (content[i : i + size] for i in range(0, len(content), size))
            return tuple(decoded((item,), part)[0] for part in parts)
        if count > MOST_ELEMENTS:
            message = f"{count} elements of {kind} are more than {MOST_ELEMENTS}"
            raise Malformed(message)
        offsets = self._take(begin, count * WORD)
        return tuple(
            self._dynamic(item, begin + int.from_bytes(offsets[i : i + WORD], "big"))
            for i in range(0, len(offsets), WORD)
        )

    def _take(self, begin: int, size: int) -> bytes:
        if begin + size > len(self._data):
            raise Malformed(_short(self._data, begin, size))
        self._left -= size
        if self._left < 0:
            message = "arguments overlap"
            raise Malformed(message)
        return self._data[begin : begin + size]


def _short(data: bytes, begin: int, size: int) -> str:
    wanted = f"{size} bytes from {begin}" if max(begin, size) < 1 << 32 else "bytes far beyond"
    return f"{wanted} of {len(data)}"


@cache
def _head(types: tuple[str, ...]) -> tuple[tuple[str, ...], int, tuple[tuple[int, str], ...]]:
    # What `decoded` reads of the head, its bytes, and which values are offsets to something.
    dynamic = tuple((index, kind) for index, kind in enumerate(types) if _is_dynamic(kind))
    kinds = tuple(_OFFSET if _is_dynamic(kind) else kind for kind in types)
    return kinds, WORD * sum(map(_words, kinds)), dynamic


@cache
def _is_dynamic(kind: str) -> bool:
    if kind.endswith("]"):
        return kind.endswith("[]")
    return any(map(_is_dynamic, types_in(kind))) if kind[0] == "(" else kind in ("bytes", "string")


@cache
def _words(kind: str) -> int:
    if kind.endswith("]"):
        item, _, count = kind[:-1].rpartition("[")
        return _words(item) * int(count)
    return sum(map(_words, types_in(kind))) if kind[0] == "(" else 1
