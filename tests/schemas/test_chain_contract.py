"""Settings of a chain: addresses, shares, defaults."""

from typing import Any

import msgspec
import pytest

from schemas.chain_contract import ChainSettings

A = "0x" + "aB" * 20


def made(**more: Any) -> ChainSettings:
    return msgspec.convert({"id": 1, "name": "ethereum"} | more, ChainSettings)


def test_defaults_are_those_of_ethereum() -> None:
    chain = made()
    assert (chain.block_s, chain.fees, chain.elasticity, chain.denominator) == (
        12.0, "eip-1559", 2, 8,
    )  # fmt: skip
    oracle = made(oracle=[{"proxy": A, "asset": "ETH"}]).oracle[0]
    assert (oracle.quote, oracle.heartbeat_s, oracle.deviation) == ("USD", 3600.0, 0.005)
    lending = made(lending=[{"name": "x", "protocol": "aave-v3", "pool": A}]).lending[0]
    assert (lending.edge, lending.accounts) == (1.1, [])


@pytest.mark.parametrize(
    "more",
    [
        {"id": 0},
        {"pool": [{"address": "0x12", "protocol": "uniswap-v2"}]},
        {"pool": [{"address": A, "protocol": "curve"}]},
        {"oracle": [{"proxy": A, "asset": "ETH", "deviation": 1.5}]},
        {"lending": [{"name": "x", "protocol": "aave-v3", "pool": A, "version": "v9"}]},
        {"colour": 1},
    ],
)
def test_what_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        made(**more)
