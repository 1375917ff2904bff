"""Tokens: symbols of both kinds, decimals."""

import pytest

from sources.evm.abi import Malformed
from sources.evm.readings import Ask
from sources.evm.readings_tokens import TokenDiscovery, TokenReading, symbol_of
from tests.reference.evm_logs import answer

TOKEN = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"


def test_a_token() -> None:
    discovery = TokenDiscovery(TOKEN)
    asks = (Ask(TOKEN, bytes.fromhex("95d89b41")), Ask(TOKEN, bytes.fromhex("313ce567")))
    assert discovery.asks() == asks
    results = [answer(["string"], ["WETH"]), answer(["uint8"], [18])]
    assert discovery.take(results) == TokenReading(TOKEN.lower(), "WETH", 18)


@pytest.mark.parametrize(
    ("data", "symbol"),
    [(b"MKR".ljust(32, b"\0"), "MKR"), (answer(["string"], ["USD₮0"]), "USD₮0"),
     (answer(["string"], ["x" * 64]), "x" * 64), (b"x" * 32, "x" * 32)],
)  # fmt: skip
def test_symbols(data: bytes, symbol: str) -> None:
    assert symbol_of(data) == symbol


@pytest.mark.parametrize(
    "data",
    [b"", bytes(32), b"\xff" * 32, answer(["string"], [""]), answer(["string"], ["x" * 65]),
     answer(["string"], ["a\nb"]), answer(["string"], ["a\x1b[2J"]), answer(["bytes"], [b"\xff"]),
     b"A\0B".ljust(32, b"\0"), b"\xff" * 96],
)  # fmt: skip
def test_what_is_no_symbol(data: bytes) -> None:
    with pytest.raises(Malformed):
        symbol_of(data)


@pytest.mark.parametrize("decimals", [b"", bytes(31), (256).to_bytes(32, "big")])
def test_decimals_that_are_none(decimals: bytes) -> None:
    with pytest.raises(Malformed):
        TokenDiscovery(TOKEN).take([answer(["string"], ["WETH"]), decimals])
