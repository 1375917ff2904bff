"""Arguments: what fits, what does not, and what is refused because it could grow."""

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BrokenInvariant
from sources.evm.abi import MOST_BYTES, Malformed, decoded

ADDRESS = "0x" + "ab" * 20


def test_values_of_every_kind() -> None:
    kinds = ["address", "uint256", "int256", "bool", "bytes", "address[]", "bytes32[2]"]
    values = [ADDRESS, 7, -7, True, b"xyz", [ADDRESS], [b"1" * 32, b"2" * 32]]
    found = decoded(kinds, encode(kinds, values) + b"more")
    assert found == (ADDRESS, 7, -7, True, b"xyz", (ADDRESS,), (b"1" * 32, b"2" * 32))


@pytest.mark.parametrize(
    ("kinds", "data"),
    [
        (["uint256"], b""),
        (["uint256"], bytes(31)),
        (["uint8"], b"\xff" * 32),
        (["bool"], b"\x02".rjust(32, b"\0")),
        (["address"], b"\xff" * 32),
        (["address[]"], b"\xff" * 32),
        (["address[]"], bytes(31) + b"\x20" + b"\xff" * 32),
        (["bytes"], encode(["bytes"], [b"x" * 40])[:74]),
        (["bytes32[3]", "bytes"], encode(["bytes32[3]", "bytes"], [[b"1"] * 3, b"x" * 9])[:-24]),
        (["string"], encode(["bytes"], [b"\xff\xfe"])),
    ],
)
def test_what_does_not_fit(kinds: list[str], data: bytes) -> None:
    with pytest.raises(Malformed):
        decoded(kinds, data)


def test_more_than_a_transaction_can_hold() -> None:
    with pytest.raises(Malformed, match="more than a transaction"):
        decoded(["uint256"], bytes(MOST_BYTES + 1))


@pytest.mark.parametrize("kind", ["bytes[]", "string[]", "uint256[][]", "(address,uint256)[]"])
def test_arrays_that_could_grow_are_for_another_function(kind: str) -> None:
    with pytest.raises(BrokenInvariant, match="not decoded by this function"):
        decoded([kind], b"")


@given(st.binary(max_size=400))
def test_whatever_comes_nothing_but_malformed(data: bytes) -> None:
    for kinds in (["bytes", "address[]", "bytes32[3]"], ["string", "int24", "bool"]):
        try:
            found = decoded(kinds, data)
        except Malformed:
            continue
        assert len(found) == 3
