"""Pyth's binary update: prices under a Merkle root, and whether each of them is under it.

PNAU, version, header ─▶ VAA (guardians' signatures, slot, root) ─▶ messages, each with its path

A message is a leaf of the slot's tree. With `h` the first 20 bytes of keccak-256:

    leaf = h(0x00 · message)        node(a, b) = h(0x01 · min(a, b) · max(a, b))

All numbers are big-endian; a price is `price · 10^expo`. Source: the wire format of Pyth's
on-chain receivers (accumulator update, major version 1); two recordings of 2025-06-27 of 20 feeds.

Fails: the signatures are not verified (that needs the guardian set of the day), so what passes
is whole and of one slot, but not proved to be Pyth's.
"""

from struct import Struct as Layout
from typing import Final

from eth_hash.auto import keccak
from msgspec import Struct

from schemas.control import Reason
from sources.wire_numbers import Refused

MAGIC: Final = b"PNAU"
MAJOR: Final = 1
_MERKLE: Final = 0  # the only kind of proof
_ROOT_MAGIC: Final = b"AUWV"
_HASH: Final = 20  # bytes
_SIGNATURE: Final = 66  # bytes of a guardian's index and signature
_BODY_HEAD: Final = 51  # bytes: time, nonce, chain, emitter, sequence, consistency
_VAA_VERSION: Final = 1
_PRICE: Final = 0  # kind of message; others (averages, stake caps) carry no price
_PRICE_MESSAGE: Final = Layout(">B32sqQiqqqQ")  # fields may be added behind these
_BAD: Final = Reason.wrong_type
_ROOT: Final = Layout(">4sBQI20s")


class BinaryPrice(Struct, frozen=True):
    """One feed's price as it is signed: integers, `value = integer · 10^expo`."""

    id: str  # 64 hexadecimal digits
    price: int
    conf: int  # about one standard error of the price
    expo: int
    publish_s: int  # Unix s
    prev_publish_s: int  # of the feed's price before
    ema_price: int
    ema_conf: int
    slot: int  # of Pythnet


def decoded_binary(data: bytes) -> tuple[BinaryPrice, ...]:
    """The prices of an update, in its order, each proved to be under its root.

    Messages that are no prices are proved and left out. Raises Refused for anything that is
    malformed, of another version, cut short, too long, or not under the root.
    """
    read = _Bytes(data)
    if read.take(4) != MAGIC:
        raise Refused(_BAD, "binary update: it does not begin with PNAU")
    major = read.number(1)
    if major != MAJOR:
        raise Refused(_BAD, f"binary update: major version {major} is not known")
    read.take(1)  # the minor version only adds
    read.take(read.number(1))
    kind = read.number(1)
    if kind != _MERKLE:
        raise Refused(_BAD, f"binary update: proofs of kind {kind} are not known")
    slot, root = _signed(read.take(read.number(2)))
    found = []
    for _ in range(read.number(1)):
        message = read.take(read.number(2))
        path = read.take(_HASH * read.number(1))
        if root_of(message, path) != root:
            raise Refused(_BAD, "binary update: a message is not under the root")
        if message[:1] == bytes([_PRICE]):
            found.append(_price(message, slot))
    read.end()
    return tuple(found)


def root_of(message: bytes, path: bytes) -> bytes:
    """The root that a message and the 20-byte hashes beside its path lead to."""
    at = _hash(b"\x00", message)
    for begin in range(0, len(path), _HASH):
        beside = path[begin : begin + _HASH]
        at = _hash(b"\x01", *sorted((at, beside)))
    return at


def _signed(vaa: bytes) -> tuple[int, bytes]:
    """Slot and root that the guardians sign."""
    read = _Bytes(vaa)
    version = read.number(1)
    if version != _VAA_VERSION:
        raise Refused(_BAD, f"binary update: a VAA of version {version} is not known")
    read.take(4)  # guardian set
    read.take(_SIGNATURE * read.number(1))
    read.take(_BODY_HEAD)
    magic, kind, slot, _, root = _ROOT.unpack(read.take(_ROOT.size))
    if magic != _ROOT_MAGIC or kind != _MERKLE:
        raise Refused(_BAD, "binary update: the signed message is no Merkle root")
    return slot, root


def _price(message: bytes, slot: int) -> BinaryPrice:
    if len(message) < _PRICE_MESSAGE.size:
        raise Refused(_BAD, "binary update: a price message is too short")
    _, feed, *numbers = _PRICE_MESSAGE.unpack_from(message)
    fields = zip(BinaryPrice.__struct_fields__, (feed.hex(), *numbers, slot), strict=True)
    return BinaryPrice(**dict(fields))


def _hash(*parts: bytes) -> bytes:
    return bytes(keccak(b"".join(parts))[:_HASH])


class _Bytes:
    """Bytes that are read from front to back. Raises Refused past their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        end = self._at + count
        if end > len(self._data):
            short = end - len(self._data)
            raise Refused(_BAD, f"binary update: it ends at byte {len(self._data)}, {short} short")
        found = self._data[self._at : end]
        self._at = end
        return found

    def number(self, size: int) -> int:
        """The next whole number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._data):
            raise Refused(_BAD, f"binary update: {len(self._data) - self._at} bytes follow its end")
