"""Calldata as an independent encoder writes it, and what random arguments are made of."""

from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import strategies as st

TO = "0x" + "a0" * 20
SENDER = "0x" + "5e" * 20
ONE, TWO = "0x" + "1".rjust(40, "0"), "0x" + "2".rjust(40, "0")
COIN = "0x" + 40 * "0"
VALUE = 10**18 + 7
EVERYTHING = 2**256 - 1

addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()).filter(
    lambda address: address not in (ONE, TWO, COIN)
)  # fmt: skip
numbers = st.integers(0, 2**256 - 1)
amounts = st.integers(1, 2**255 - 1)
shorts = st.integers(1, 2**128 - 2)
fees = st.integers(0, 10**6)
paths = st.lists(addresses, min_size=2, max_size=6).map(tuple)


def types(signature: str) -> list[str]:
    """Types between a signature's parentheses, tuples whole."""
    inner, found, depth = signature[signature.index("(") + 1 : -1], [""], 0
    for letter in inner:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return found if inner else []


def code(signature: str) -> bytes:
    """The first four bytes of a call."""
    return bytes(keccak(signature.encode())[:4])


def call(signature: str, *values: Any) -> bytes:
    """Calldata of a function with these arguments."""
    return code(signature) + encode(types(signature), values)


def packed(path: tuple[str, ...], fees: tuple[int, ...]) -> bytes:
    """A path of v3 as its routers take it."""
    raw = bytes.fromhex(path[0][2:])
    for token, fee in zip(path[1:], fees, strict=True):
        raw += fee.to_bytes(3, "big") + bytes.fromhex(token[2:])
    return raw


def but_all(amount: int) -> int | None:
    """An amount of a lending call as it is understood."""
    return None if amount == EVERYTHING else amount
