"""Which logs are asked for: nothing that nobody watches."""

from schemas.chain_contract import ChainSettings, LendingContract, OracleContract, PoolContract
from sources.evm.events import topics_of
from sources.evm.filters import log_filters

POOL, PROXY, AAVE = "0x" + "Ab" * 20, "0x" + "cd" * 20, "0x" + "ef" * 20


def test_a_bare_chain_has_no_logs() -> None:
    assert log_filters(ChainSettings(id=1, name="ethereum")) == ()


def test_pools_by_address_the_rest_by_topic_and_governed_contracts() -> None:
    chain = ChainSettings(
        id=1, name="ethereum", pool=[PoolContract(address=POOL, protocol="uniswap-v3")],
        oracle=[OracleContract(proxy=PROXY, asset="ETH")],
        lending=[LendingContract(name="aave", protocol="aave-v3", pool=AAVE, oracle=PROXY)],
    )  # fmt: skip
    assert log_filters(chain) == (
        {"topics": [list(topics_of("chainlink", "aave"))]},
        {"address": [POOL.lower()], "topics": [list(topics_of("pools"))]},
        {"address": sorted((PROXY, AAVE)), "topics": [list(topics_of("authority"))]},
    )


def test_a_comet() -> None:
    comet = LendingContract(name="comet", protocol="compound-v3", pool=AAVE)
    first, second = log_filters(ChainSettings(id=1, name="ethereum", lending=[comet]))
    assert first == {"topics": [list(topics_of("comet"))]}
    assert second["address"] == [AAVE]
