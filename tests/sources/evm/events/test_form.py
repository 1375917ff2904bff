"""Forms of logs: signatures, sizes, words that are none."""

import pytest

from schemas.chain_event import V2Sync
from sources.evm.abi import Malformed
from sources.evm.events.form import Form, form, one

PAIR = form("Pair(uint112,uint112*)", one(V2Sync))
WORD = "0x" + "00" * 31 + "05"


def test_a_form() -> None:
    says = one(V2Sync)
    assert form("Transfer(address*,address,uint256*)", says) == Form(
        name="Transfer",
        topic="0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        indexed=("address", "uint256"),
        plain=("address",),
        places=(0, 2, 1),
        says=says,
    )
    assert form("None()", says).places == ()


def test_arguments_come_as_they_are_declared() -> None:
    assert PAIR.events([WORD], bytes(31) + b"\x07") == (V2Sync(reserve0=7, reserve1=5),)
    assert PAIR.events([WORD.upper().replace("X", "x")], bytes(32)) == (V2Sync(0, 5),)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_data_of_another_size(size: int) -> None:
    with pytest.raises(Malformed, match=f"^Pair: {size} bytes of data, 32 belong there$"):
        PAIR.events([WORD], bytes(size))


def test_dynamic_data_may_be_longer() -> None:
    told = form("Told(string)", lambda text: (V2Sync(len(text), 0),))
    data = b"".join(word.to_bytes(32, "big") for word in (32, 2)) + b"ab".ljust(32, b"\0")
    assert told.events([], data + bytes(64)) == (V2Sync(2, 0),)
    assert told.events([], data[:66]) == (V2Sync(2, 0),)
    with pytest.raises(Malformed, match="string of 2 bytes, of which 1 are there"):
        told.events([], data[:65])
    with pytest.raises(Malformed, match="utf-8"):
        told.events([], data.replace(b"ab", b"\xff\xff"))


@pytest.mark.parametrize(
    "word",
    ["", "0x", WORD[2:], WORD + "00", WORD[:-1], WORD[:-2] + "0 ", WORD[:-2] + "\u0665" * 2, "5",
     "0X" + WORD[2:], "0x" + "ff" * 32, "0x" + "00" * 17 + "01" + "00" * 14],
)  # fmt: skip
def test_a_topic_that_is_no_such_word(word: str) -> None:
    """The last two are words, of more than 112 bits."""
    with pytest.raises(Malformed):
        PAIR.events([word], bytes(32))
