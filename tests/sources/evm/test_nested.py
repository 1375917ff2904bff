"""Arguments of any types: what an independent encoder writes, and bombs that must not go off."""

import sys
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.evm import nested
from sources.evm.abi import Malformed

bits = st.binary(max_size=70)
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
numbers = st.integers(0, 2**256 - 1)
# A type and what its values are made of.
KINDS: dict[str, Any] = {
    "uint256": numbers,
    "int24": st.integers(-(2**23), 2**23 - 1),
    "bool": st.booleans(),
    "address": addresses,
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes32[3]": st.tuples(*[st.binary(min_size=32, max_size=32)] * 3),
    "bytes": bits,
    "string": st.text(max_size=40),
    "address[]": st.lists(addresses, max_size=5).map(tuple),
    "(address,uint256)[]": st.lists(st.tuples(addresses, numbers), max_size=4).map(tuple),
    "uint256[2][]": st.lists(st.tuples(numbers, numbers), max_size=4).map(tuple),
    "bytes[]": st.lists(bits, max_size=5).map(tuple),
    "(address,bytes)[]": st.lists(st.tuples(addresses, bits), max_size=4).map(tuple),
    "(address,bool)": st.tuples(addresses, st.booleans()),
    "(bytes,uint256[],(bool,bytes[]))": st.tuples(
        bits, st.lists(numbers, max_size=3).map(tuple),
        st.tuples(st.booleans(), st.lists(bits, max_size=3).map(tuple)),
    ),
}  # fmt: skip


SMALL = (*range(9), *range(32, 640, 32), 33, 70)  # offsets, lengths, and a little beside


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=5), st.data(), bits)
def test_round_trips(kinds: list[str], drawn: st.DataObject, after: bytes) -> None:
    values = tuple(drawn.draw(KINDS[kind]) for kind in kinds)
    assert nested.arguments(tuple(kinds), encode(kinds, values) + after) == values


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4), st.data())
def test_what_is_cut_off_is_malformed_unless_it_was_padding(
    kinds: list[str], drawn: st.DataObject
) -> None:
    values = tuple(drawn.draw(KINDS[kind]) for kind in kinds)
    whole = encode(kinds, values)
    cut = whole[: drawn.draw(st.integers(0, len(whole) - 1))]
    try:
        assert nested.arguments(tuple(kinds), cut) == values
    except Malformed:
        return
    assert len(whole) - len(cut) < 32  # that of the last bytes
    assert not any(whole[len(cut) :])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4),
       st.lists(st.sampled_from(SMALL) | numbers, max_size=40))  # fmt: skip
def test_no_bytes_produce_more_than_they_are(kinds: list[str], words: list[int]) -> None:
    data = b"".join(map(word, words))
    try:
        found = nested.arguments(tuple(kinds), data)
    except Malformed as error:
        assert len(str(error)) < 300
        return
    assert content(found) <= len(data)


def content(value: Any) -> int:
    """Bytes that values stand for: what is counted against the input's length."""
    if isinstance(value, tuple):
        return sum(map(content, value))
    if isinstance(value, (bytes, str)) and not str(value).startswith("0x"):
        return len(value)
    return 20


def test_a_hundred_names_of_the_same_bytes_are_refused() -> None:
    # bytes[] of 100 elements that all point at the same kilobyte: 100 kB out of 4.
    shared = word(1024) + bytes(1024)
    offsets = word(32 * 100) * 100
    with pytest.raises(Malformed, match="overlap"):
        nested.arguments(("bytes[]",), word(32) + word(100) + offsets + shared)


def test_two_names_of_the_same_bytes_are_refused() -> None:
    data = word(32) + word(2) + word(64) * 2 + word(1024) + bytes(1024)
    with pytest.raises(Malformed, match="overlap"):
        nested.arguments(("bytes[]",), data)
    assert nested.arguments(("bytes[]",), encode(["bytes[]"], [[bytes(1024), b"x"]])) == (
        (bytes(1024), b"x"),
    )


def test_what_points_at_itself_is_refused() -> None:
    # Every offset of the array leads to the array: its length as an offset, and so on.
    for kind in ("(address,bytes)[]", "((bytes,bytes)[],bytes)[]", "bytes[][]"):
        with pytest.raises(Malformed):
            nested.arguments((kind,), word(32) + word(900) + word(0) * 1000)


@pytest.mark.parametrize("size", [2**255, 2**64, 2**63 - 1, sys.maxsize + 1, 2**32, 1025])
@pytest.mark.parametrize("kind", ["bytes", "bytes[]", "address[]", "(address,bytes)[]", "string"])
def test_huge_lengths(kind: str, size: int) -> None:
    for data in (word(32) + word(size), word(size) + word(32), word(size), word(32) + word(size)):
        with pytest.raises(Malformed):
            nested.arguments((kind,), data + bytes(96))


def test_arrays_with_dynamic_elements_are_counted() -> None:
    most = nested.MOST_ELEMENTS
    for count in (most, most + 1):
        data = encode(["bytes[]"], [[b""] * count])
        if count > most:
            with pytest.raises(Malformed, match=r"1025 elements of bytes\[\]"):
                nested.arguments(("bytes[]",), data)
        else:
            assert nested.arguments(("bytes[]",), data) == ((b"",) * count,)
    many = tuple(range(3 * most))
    assert nested.arguments(("uint256[]",), encode(["uint256[]"], [many])) == (many,)


def test_words() -> None:
    assert nested.word(bytes(3) + word(7), 3) == 7
    for begin in (0, 1, 2**255):
        with pytest.raises(Malformed):
            nested.word(bytes(31), begin)


def test_bytes_that_end_early_are_refused() -> None:
    whole = encode(["bytes"], [b"x" * 40])
    assert nested.arguments(("bytes",), whole[: 64 + 40]) == (b"x" * 40,)
    with pytest.raises(Malformed):
        nested.arguments(("bytes",), whole[: 64 + 39])


def test_text_that_is_none_is_marked() -> None:
    assert nested.arguments(("string",), encode(["bytes"], [b"a\xff"])) == ("a�",)


def test_nothing_is_asked_and_nothing_given() -> None:
    assert nested.arguments((), b"") == () == nested.arguments((), b"abc")
