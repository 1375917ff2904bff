"""Logs by hand: Solidity's declaration of an event, one log of it made, and read word by word.

Making uses eth-abi's encoder; reading slices bytes and nothing else, so that what a decoder says
of a log can be compared with both ends.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from eth_abi.abi import default_codec
from eth_hash.auto import keccak
from hypothesis import strategies as st

Log = tuple[list[str], bytes]  # topics and data


class Parameter(NamedTuple):
    kind: str
    indexed: bool
    name: str


def parameters(declaration: str) -> list[Parameter]:
    """Of `Name(kind [indexed] name, …)`, as interfaces write it."""
    inner = declaration.partition("(")[2].rpartition(")")[0]
    split = [each.split() for each in inner.split(",") if each.strip()]
    return [Parameter(words[0], "indexed" in words, words[-1]) for words in split]


def arguments(declaration: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any values that the event can have, by name."""
    return st.fixed_dictionaries({p.name: _any(p.kind) for p in parameters(declaration)})


def log_topic(declaration: str) -> str:
    """The first topic of an event's logs."""
    kinds = ",".join(p.kind for p in parameters(declaration))
    return "0x" + keccak(f"{declaration.partition('(')[0]}({kinds})".encode()).hex()


def indexed_in(declaration: str) -> int:
    """How many topics follow the first."""
    return sum(p.indexed for p in parameters(declaration))


def log(declaration: str, values: Mapping[str, Any]) -> Log:
    """The log of an event with these values."""
    told = parameters(declaration)
    indexed = [p for p in told if p.indexed]
    plain = [p for p in told if not p.indexed]
    words = [default_codec.encode([p.kind], [values[p.name]]) for p in indexed]
    data = default_codec.encode([p.kind for p in plain], [values[p.name] for p in plain])
    return [log_topic(declaration), *("0x" + word.hex() for word in words)], data


def read(declaration: str, topics: list[str], data: bytes) -> dict[str, Any]:
    """The values of a log, by name."""
    words = iter(int(topic, 16) for topic in topics[1:])
    found: dict[str, Any] = {}
    at = 0
    for kind, indexed, name in parameters(declaration):
        if indexed:
            found[name] = _value(kind, next(words))
            continue
        head = _word(data, at)
        at += 32
        if kind in ("bytes", "string"):
            body = data[head + 32 : head + 32 + _word(data, head)]
            found[name] = body if kind == "bytes" else body.decode()
        elif kind.endswith("[]"):
            places = range(head + 32, head + 32 + 32 * _word(data, head), 32)
            found[name] = tuple(_value(kind[:-2], _word(data, place)) for place in places)
        else:
            found[name] = _value(kind, head)
    return found


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 32], "big")


def _value(kind: str, word: int) -> Any:
    if kind == "address":
        return f"0x{word:040x}"
    if kind == "bool":
        return bool(word)
    if kind == "bytes32":
        return word.to_bytes(32, "big")
    return word - (1 << 256) if kind.startswith("int") and word >> 255 else word


def _any(kind: str) -> st.SearchStrategy[Any]:
    if kind.endswith("[]"):
        return st.lists(_any(kind[:-2]), max_size=31).map(tuple)
    number = re.fullmatch(r"(u?)int(\d+)", kind)
    if number:
        bits = int(number[2])
        low, high = (0, 1 << bits) if number[1] else (-(1 << bits - 1), 1 << bits - 1)
        edges = [low, high - 1, 0, 1, *([] if number[1] else [-1])]
        return st.sampled_from(edges) | st.integers(low, high - 1)
    return {
        "address": st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
        "bool": st.booleans(),
        "bytes32": st.binary(min_size=32, max_size=32),
        "bytes": st.binary(max_size=130),
        "string": st.text(max_size=40),
    }[kind]


def answer(kinds: list[str], values: list[Any]) -> bytes:
    """What a call returns."""
    return bytes(default_codec.encode(kinds, values))
