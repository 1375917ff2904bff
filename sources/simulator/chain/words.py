"""How an EVM writes things: hashes, selectors, topics, ABI words, hex.

Independent of `sources.evm`, on purpose: what one encodes the other decodes.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from eth_abi.abi import default_codec
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak as _keccak

ZERO: Final = "0x" + 40 * "0"
MOST: Final = (1 << 256) - 1  # "all that is there"


def keccak(data: bytes) -> bytes:
    """Keccak-256."""
    return bytes(_keccak(data))


def hex_of(data: bytes) -> str:
    """Bytes as JSON-RPC has them.

    >>> hex_of(bytes([0, 255]))
    '0x00ff'
    """
    return "0x" + data.hex()


def quantity(number: int) -> str:
    """A number as JSON-RPC has it: no leading zeros. Negative numbers have no such form.

    >>> quantity(0), quantity(1024)
    ('0x0', '0x400')
    """
    return hex(number)


@lru_cache(4096)
def selector(signature: str) -> bytes:
    """The first four bytes of calldata.

    >>> selector("transfer(address,uint256)").hex()
    'a9059cbb'
    """
    return keccak(signature.encode())[:4]


def address_of(name: str) -> str:
    """An address that a name alone decides.

    >>> len(address_of("somebody"))
    42
    """
    return hex_of(keccak(name.encode())[-20:])


@lru_cache(4096)
def types_of(signature: str) -> tuple[str, ...]:
    """Types of the arguments; tuples stay whole.

    >>> types_of("f((address,uint24),bytes[])")
    ('(address,uint24)', 'bytes[]')
    """
    depth, parts, word = 0, list[str](), ""
    for letter in signature[signature.index("(") + 1 : -1]:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append(word)
            word = ""
        else:
            word += letter
    return (*parts, word) if word else tuple(parts)


def encoded(types: Iterable[str], values: Sequence[Any]) -> bytes:
    """ABI encoding."""
    return bytes(default_codec.encode(list(types), list(values)))


def decoded(types: Iterable[str], data: bytes) -> tuple[Any, ...]:
    """Inverse of `encoded`. Raises ValueError for what does not fit."""
    try:
        return tuple(default_codec.decode(list(types), data, strict=False))
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise ValueError(str(error)[:200]) from error


def call(signature: str, *values: Any) -> bytes:
    """Calldata of a call.

    >>> call("approve(address,uint256)", ZERO, 1).hex()[:8]
    '095ea7b3'
    """
    return selector(signature) + encoded(types_of(signature), values)


class Event:
    """A kind of log: its signature, and which of its arguments are indexed."""

    def __init__(self, signature: str, *indexed: int) -> None:
        self.signature = signature
        self.topic = hex_of(keccak(signature.encode()))
        self._types = types_of(signature)
        self._indexed = indexed
        self._rest = [k for k in range(len(self._types)) if k not in indexed]

    def topics(self, values: Sequence[Any]) -> tuple[str, ...]:
        """The topics of a log."""
        found = [hex_of(encoded([self._types[k]], [values[k]])) for k in self._indexed]
        return (self.topic, *found)

    def data(self, values: Sequence[Any]) -> bytes:
        """The data of a log."""
        return encoded([self._types[k] for k in self._rest], [values[k] for k in self._rest])

    def read(self, topics: Sequence[str], data: bytes) -> tuple[Any, ...]:
        """The values of a log, in the order of the signature. Raises ValueError."""
        found: dict[int, Any] = {}
        for k, text in zip(self._indexed, topics[1:], strict=True):
            (found[k],) = decoded([self._types[k]], bytes.fromhex(text[2:]))
        rest = decoded([self._types[k] for k in self._rest], data)
        found.update(zip(self._rest, rest, strict=True))
        return tuple(found[k] for k in range(len(self._types)))
