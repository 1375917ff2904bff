"""Selectors and topics equal the published ones."""

import pytest

from sources.evm.signatures import selector, topic, types_in


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("transfer(address,uint256)", "a9059cbb"),
        ("liquidationCall(address,address,address,uint256,bool)", "00a718a9"),
        ("transmit(bytes32[3],bytes,bytes32[],bytes32[],bytes32)", "b1dc65a4"),
        ("forward(address,bytes)", "6fadcf72"),
    ],
)
def test_selectors(signature: str, expected: str) -> None:
    assert selector(signature).hex() == expected


def test_topics() -> None:
    assert topic("Sync(uint112,uint112)") == (
        "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1"
    )


def test_types() -> None:
    assert types_in("f()") == ()
    assert types_in("f(uint256)") == ("uint256",)
    assert types_in("f((address,(uint8,bool)[])[],bytes)") == (
        "(address,(uint8,bool)[])[]", "bytes",
    )  # fmt: skip
