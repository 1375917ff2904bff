"""Symbols: the kernel finds what the dictionary finds, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.symbols import Symbols, find_plain, find_symbol, hash_plain, symbol_hash

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)


def found(symbols: Symbols, name: str, kernel=find_symbol) -> int:
    buffer = np.frombuffer(b"[" + name.encode() + b"]", np.uint8)
    return int(kernel(buffer, 1, len(buffer) - 1, symbols.table, symbols.bytes))


@settings(deadline=None)
@given(st.lists(NAMES, max_size=60), st.lists(NAMES, max_size=20))
def test_a_symbol_is_found_by_its_bytes(known: list[str], asked: list[str]) -> None:
    symbols = Symbols()
    for name in known:
        symbols.add(name, None)
    for name in {*known, *asked}:
        short = len(name.encode()) < 32
        assert found(symbols, name) == (symbols.index.get(name, -1) if short else -1)


@pytest.mark.parametrize("name", ["BTCUSDT", "币安人生USDT", "", "Z" * 31, "Z" * 32])
def test_the_kernels_are_their_plain_versions(name: str) -> None:
    symbols = Symbols()
    for known in ("BTCUSDT", "ETHUSDT", "币安人生USDT", "Z" * 31):
        symbols.add(known, 2)
    raw = np.frombuffer(name.encode() or b" ", np.uint8)
    with np.errstate(over="ignore"):  # FNV wraps by definition
        assert found(symbols, name, find_plain) == found(symbols, name)
        assert hash_plain(raw, 0, len(raw)) == symbol_hash(raw, 0, len(raw))


def test_the_hash_is_fnv_1a() -> None:
    raw = np.frombuffer(b"foobar", np.uint8)
    assert symbol_hash(raw, 0, 6) == 0x85944171F73967E8 >> 1  # the authors' test vector


def test_a_name_longer_than_the_table_holds_is_no_other_name() -> None:
    symbols = Symbols()
    symbols.add("Z" * 40, None)
    assert (found(symbols, "Z" * 31), found(symbols, "Z" * 40)) == (-1, -1)
    assert symbols.add("Z" * 31, None) == found(symbols, "Z" * 31) == 1


def test_thousands_of_symbols() -> None:
    symbols = Symbols()
    names = [f"S{k}USDT" for k in range(3_000)]
    assert [symbols.add(name, None) for name in names] == list(range(3_000))
    assert [found(symbols, name) for name in names] == list(range(3_000))
    assert found(symbols, "S3000USDT") == -1


def test_decimals_are_learnt_and_kept() -> None:
    symbols = Symbols()
    symbols.add("A", None)
    symbols.add("B", 3)
    assert symbols.decimals.tolist() == [-1, 3]
    symbols.add("A", 2)
    symbols.add("B", None)
    assert (symbols.decimals.tolist(), symbols.names) == ([2, 3], ["A", "B"])
