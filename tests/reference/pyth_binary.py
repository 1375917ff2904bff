"""Pyth's binary update, written and read the slow way, with a keccak of its own.

Independent of the program: hashes by the permutation as the standard words it, numbers byte by
byte, trees built from all their leaves. Only for tests.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

PRICE_FIELDS = (
    ("price", 8, True), ("conf", 8, False), ("expo", 4, True), ("publish_s", 8, True),
    ("prev_publish_s", 8, True), ("ema_price", 8, True), ("ema_conf", 8, False),
)  # fmt: skip
_LANES = [(x, y) for x in range(5) for y in range(5)]
_MASK = (1 << 64) - 1


def _rotated(value: int, by: int) -> int:
    by %= 64
    return ((value << by) | (value >> (64 - by))) & _MASK


@cache
def _constants() -> list[int]:
    """Of the 24 rounds, by the linear feedback shift register of the standard."""
    register, found = 1, []
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        found.append(constant)
    return found


def _permuted(lanes: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    for constant in _constants():
        column = [lanes[x, 0] ^ lanes[x, 1] ^ lanes[x, 2] ^ lanes[x, 3] ^ lanes[x, 4]
                  for x in range(5)]  # fmt: skip
        mixed = [column[(x - 1) % 5] ^ _rotated(column[(x + 1) % 5], 1) for x in range(5)]
        lanes = {(x, y): lanes[x, y] ^ mixed[x] for x, y in _LANES}
        moved = {(0, 0): lanes[0, 0]}
        x, y = 1, 0
        for t in range(24):
            turned = _rotated(lanes[x, y], (t + 1) * (t + 2) // 2)
            x, y = y, (2 * x + 3 * y) % 5
            moved[x, y] = turned
        lanes = {
            (x, y): moved[x, y] ^ (~moved[(x + 1) % 5, y] & moved[(x + 2) % 5, y] & _MASK)
            for x, y in _LANES
        }
        lanes[0, 0] ^= constant
    return lanes


def keccak256(data: bytes) -> bytes:
    """Keccak with the padding of Ethereum (0x01), not that of SHA-3 (0x06)."""
    rate = 136
    padded = bytearray(data) + bytearray(rate - len(data) % rate)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    lanes = dict.fromkeys(_LANES, 0)
    for begin in range(0, len(padded), rate):
        for k in range(rate // 8):
            word = padded[begin + 8 * k : begin + 8 * k + 8]
            lanes[k % 5, k // 5] ^= int.from_bytes(word, "little")
        lanes = _permuted(lanes)
    return b"".join(lanes[k % 5, k // 5].to_bytes(8, "little") for k in range(4))


def short_hash(data: bytes) -> bytes:
    """The 20 bytes that the tree is made of."""
    return keccak256(data)[:20]


# -- trees -----------------------------------------------------------------------------------


def tree_of(messages: Sequence[bytes]) -> list[list[bytes]]:
    """Levels from the leaves to the root; empty places are filled up to a power of two."""
    size = 1
    while size < len(messages):
        size *= 2
    level = [short_hash(b"\0" + message) for message in messages]
    level += [short_hash(b"\2")] * (size - len(level))
    levels = [level]
    while len(level) > 1:
        pairs = [sorted(level[k : k + 2]) for k in range(0, len(level), 2)]
        level = [short_hash(b"\1" + low + high) for low, high in pairs]
        levels.append(level)
    return levels


def path_of(levels: list[list[bytes]], place: int) -> list[bytes]:
    """What stands beside the way from a leaf up."""
    return [level[(place >> depth) ^ 1] for depth, level in enumerate(levels[:-1])]


# -- writing ---------------------------------------------------------------------------------


def price_message(price: dict[str, Any], more: bytes = b"") -> bytes:
    """A price as a message; `more`: fields that a later version adds."""
    numbers = b"".join(
        int(price[name]).to_bytes(size, "big", signed=signed) for name, size, signed in PRICE_FIELDS
    )
    return b"\0" + bytes.fromhex(price["id"]) + numbers + more


def written(
    messages: Sequence[bytes],
    *,
    slot: int = 0,
    signatures: int = 1,
    header: bytes = b"",
    minor: int = 0,
    chosen: Sequence[int] | None = None,
) -> bytes:
    """An update with some (`chosen`) of a slot's messages, signed by nobody."""
    levels = tree_of(messages)
    root = b"AUWV" + b"\0" + slot.to_bytes(8, "big") + bytes(4) + levels[-1][0]
    vaa = b"\1" + bytes(4) + bytes([signatures]) + bytes(66 * signatures) + bytes(51) + root
    parts = [b"PNAU", bytes([1, minor, len(header)]), header, b"\0",
             len(vaa).to_bytes(2, "big"), vaa]  # fmt: skip
    places = range(len(messages)) if chosen is None else chosen
    parts.append(bytes([len(places)]))
    for place in places:
        path = path_of(levels, place)
        parts += [len(messages[place]).to_bytes(2, "big"), messages[place]]
        parts += [bytes([len(path)]), *path]
    return b"".join(parts)


# -- reading ---------------------------------------------------------------------------------


def read(data: bytes) -> list[dict[str, Any]]:
    """The prices of a good update; the root is looked for, not parsed for."""
    at = 7 + data[6] + 1
    vaa_size = int.from_bytes(data[at : at + 2], "big")
    vaa = data[at + 2 : at + 2 + vaa_size]
    signed = vaa[vaa.index(b"AUWV") :]
    slot, root = int.from_bytes(signed[5:13], "big"), signed[17:37]
    at += 2 + vaa_size
    count = data[at]
    at += 1
    found = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2], "big")
        message = data[at + 2 : at + 2 + size]
        at += 2 + size
        hashes = data[at]
        path = [data[at + 1 + 20 * k : at + 21 + 20 * k] for k in range(hashes)]
        at += 1 + 20 * hashes
        node = short_hash(b"\0" + message)
        for beside in path:
            node = short_hash(b"\1" + min(node, beside) + max(node, beside))
        assert node == root
        if message[0] == 0:
            price: dict[str, Any] = {"id": message[1:33].hex()}
            begin = 33
            for name, length, signed_number in PRICE_FIELDS:
                field = message[begin : begin + length]
                price[name] = int.from_bytes(field, "big", signed=signed_number)
                begin += length
            found.append(price | {"slot": slot})
    assert at == len(data)
    return found
