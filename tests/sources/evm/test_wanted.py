"""Which readings settings ask for, and what each says as items."""

from schemas.chain import PoolMeta, TokenMeta
from schemas.chain_contract import ChainSettings, LendingContract, OracleContract, PoolContract
from schemas.chain_event import AccountReading, CometReading, V2Sync, V3State
from sources.evm.readings_aave import AaveReading
from sources.evm.readings_pools import PairReading, PoolReading
from sources.evm.readings_tokens import TokenReading
from sources.evm.wanted import bounded, first_readings, following, said_by

POOL, PROXY, AAVE, COMET = ("0x" + two * 20 for two in ("aa", "bb", "cc", "dd"))
USER, BASE, TOKEN = ("0x" + two * 20 for two in ("e1", "e2", "e3"))
CHAIN = ChainSettings(
    id=1, name="ethereum", pool=[PoolContract(address=POOL, protocol="uniswap-v3")],
    oracle=[OracleContract(proxy=PROXY, asset="ETH")],
    lending=[
        LendingContract(name="aave", protocol="aave-v3", pool=AAVE, oracle=PROXY, accounts=[USER]),
        LendingContract(name="comet", protocol="compound-v3", pool=COMET, accounts=[USER]),
    ],
)  # fmt: skip


def test_what_is_read_first() -> None:
    assert list(first_readings(CHAIN)) == [
        f"oracle-{PROXY}", f"pool-{POOL}", f"aave-{AAVE}", f"comet-{COMET}",
    ]  # fmt: skip
    assert all(begin().asks() for begin in first_readings(CHAIN).values())
    assert first_readings(ChainSettings(id=1, name="ethereum")) == {}


def test_pools_are_followed_by_tokens_and_say_what_was_read() -> None:
    state = V3State(1 << 96, 5, 100, ((-60, 7), (60, -7)))
    found = PoolReading(BASE, TOKEN, 500, 10, -25600, 25600, state)
    assert list(following(CHAIN, f"pool-{POOL}", found)) == [f"token-{BASE}", f"token-{TOKEN}"]
    ends = V3State(1 << 96, 5, 100, ((-25600, 0), (-60, 7), (60, -7), (25600, 0)))
    assert list(said_by(CHAIN, f"pool-{POOL}", found)) == [
        (POOL, PoolMeta(POOL, "uniswap-v3", BASE, TOKEN, 500, 10)),
        (POOL, ends),
    ]
    pair = PairReading(BASE, TOKEN, V2Sync(1, 2))
    assert list(said_by(CHAIN, f"pool-{POOL}", pair)) == [
        (POOL, PoolMeta(POOL, "uniswap-v2", BASE, TOKEN, 3000, 1)),
        (POOL, V2Sync(1, 2)),
    ]


def test_the_bounds_of_what_was_read() -> None:
    everything = PoolReading(BASE, TOKEN, 500, 10, -887272, 887273, V3State(1, 0, 0, ()))
    assert bounded(everything).ticks == ((-887272, 0), (887272, 0))
    at_the_edge = PoolReading(BASE, TOKEN, 500, 10, -60, 60, V3State(1, 0, 9, ((-60, 9),)))
    assert bounded(at_the_edge).ticks == ((-60, 9), (60, 0))


def test_a_market_is_followed_by_categories_and_accounts() -> None:
    found = AaveReading((), (), (), ())
    assert list(following(CHAIN, f"aave-{AAVE}", found)) == [
        f"emode-{AAVE}", f"account-{AAVE}-{USER}",
    ]  # fmt: skip
    comet = CometReading(BASE, 6, 10**15, 10**15, 1, 2, 9, ((TOKEN, 18, 1, 2, 3, 4),))
    assert list(following(CHAIN, f"comet-{COMET}", comet)) == [
        f"token-{BASE}", f"token-{TOKEN}", f"account-{COMET}-{USER}",
    ]  # fmt: skip
    assert list(said_by(CHAIN, f"comet-{COMET}", comet)) == [(COMET, comet)]
    assert following(CHAIN, f"token-{BASE}", TokenReading(BASE, "USDC", 6)) == {}


def test_what_accounts_and_tokens_say() -> None:
    account = AccountReading(USER, (), (), ())
    assert list(said_by(CHAIN, f"account-{AAVE}-{USER}", account)) == [(AAVE, account)]
    token = TokenReading(BASE, "USDC", 6)
    assert list(said_by(CHAIN, f"token-{BASE}", token)) == [(BASE, TokenMeta(BASE, "USDC", 6))]
