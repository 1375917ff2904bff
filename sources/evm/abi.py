"""Arguments out of calldata and log data, with `eth-abi`; what is malformed is one error.

Arrays of dynamic elements (`bytes[]`, `string[]`, nested arrays) are refused here: their offsets
may all point at the same bytes, so that a small input becomes a huge result. See `nested.py`.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from eth_abi.abi import default_codec
from eth_abi.exceptions import DecodingError

from schemas.errors import BrokenInvariant

MOST_BYTES: Final = 1 << 20  # of one call: nodes relay no transaction over 128 KiB
_WORD: Final = 32
_FIXED: Final = re.compile(r"\[([0-9]+)\]$")
_NESTED: Final = re.compile(r"(bytes|string|\]|\))\[")


class Malformed(Exception):
    """Calldata or log data that its own signature does not fit; `str` says how."""


def decoded(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Values of the types: int, bool, bytes, text; addresses as `0x` and lower case.

    Bytes after the arguments are allowed, as contracts allow them. Raises Malformed.
    """
    for kind in types:
        if _NESTED.search(kind):
            message = f"{kind} is not decoded by this function"
            raise BrokenInvariant(message)
    if len(data) > MOST_BYTES:
        message = f"{len(data)} bytes are more than a transaction can hold"
        raise Malformed(message)
    try:
        found = default_codec.decode(types, data, strict=False)
    except (DecodingError, OverflowError, UnicodeDecodeError, ValueError) as error:
        message = f"({','.join(types)}): {error}"
        raise Malformed(message[:200]) from error
    _refuse_cut(types, data)
    return found


def _refuse_cut(types: Sequence[str], data: bytes) -> None:
    """The decoder, which allows that padding is missing, gives back what there is of texts."""
    head = 0
    for kind in types:
        if kind in ("bytes", "string"):
            begin = _WORD + int.from_bytes(data[head:][:_WORD], "big")
            length = int.from_bytes(data[begin - _WORD : begin], "big")
            if begin + length > len(data):
                message = f"{kind} of {length} bytes, of which {len(data) - begin} are there"
                raise Malformed(message)
        fixed = _FIXED.search(kind)
        head += _WORD * (int(fixed[1]) if fixed else 1)
