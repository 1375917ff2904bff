"""What is kept of chains: the latest, whatever comes, and only so much of it."""

from collections.abc import Sequence

from flows.page.chains import MOST_ACCOUNTS, MOST_CHAINS, MOST_MARKETS, MOST_POOLS, ChainSeen, Edge
from flows.page.part import Part
from flows.page.state import Shown
from schemas.chain_row import OracleRow
from schemas.column import Row
from schemas.tables import rows_item
from tests.blank_row import blank_row
from tests.flows.page.chain_moment import (
    ACCOUNTS,
    FEED,
    POOL,
    account,
    gas,
    mempool,
    oracle,
    pool,
)
from tests.flows.page.rows import NOW, S, items

NOTHING_NEW = ChainSeen(False, None, None, {}, {}, None)


def took(*batches: Sequence[Row]) -> Shown:
    shown = Shown("main")
    for rows in batches:
        shown.take(items(*rows))
    return shown


def edges(shown: Shown, after: int = 0) -> dict[str, Edge] | None:
    found = shown.changes(after).chains["ethereum"].edges
    return None if found is None else dict(found)


def test_every_table_has_its_place() -> None:
    rows = [gas(), mempool(swaps=1), pool(), oracle(), account()]
    off_chain = blank_row(OracleRow, ts=NOW, provider="pyth", asset="ETH")
    shown = took([*rows, off_chain, gas(chain="base")])
    assert shown.changes().chains == {
        "ethereum": ChainSeen(
            more=False,
            gas=Part(gas(), 1, None),
            waiting=(Part(mempool(swaps=1), 1, None),),
            pools={POOL: Part(pool(), 1, None)},
            oracles={f"chainlink:{FEED}": Part(oracle(), 1, None)},
            edges={"aave": Edge(NOW, (account(),))},
        ),
        "base": ChainSeen(False, Part(gas(chain="base"), 1, None), None, {}, {}, None),
    }
    assert shown.changes().instruments == {}


def test_only_what_is_newer_is_told() -> None:
    shown = took(
        [gas(), mempool(swaps=1), pool(), pool(name="b"), oracle(), account(), gas(chain="base")],
        [pool(NOW + S, px=2.0), oracle(NOW - S, px=1.0), gas(NOW, block=9)],
    )
    newer = ChainSeen(False, None, None, {POOL: Part(pool(NOW + S, px=2.0), 2, 1.0)}, {}, None)
    assert shown.changes(1).chains == {"ethereum": newer}
    assert shown.changes(2).chains == {}
    whole = shown.changes().chains["ethereum"]
    assert (whole.gas, list(whole.pools)) == (Part(gas(), 1, None), [POOL, "b"])
    assert whole.oracles == {f"chainlink:{FEED}": Part(oracle(), 1, None)}


def test_what_waits_no_longer_is_forgotten() -> None:
    btc = mempool(asset="BTC", oracle_updates=1)
    shown = took([mempool(liquidations=1), btc], [mempool(NOW + S)], [mempool(NOW + 2 * S)])
    assert shown.changes(1).chains["ethereum"].waiting == (Part(btc, 1, None),)
    assert shown.changes(2).chains == {"ethereum": NOTHING_NEW}
    shown.take(items(mempool(NOW - S, asset="BTC")))  # older: nothing waited before
    assert shown.changes().chains["ethereum"].waiting == (Part(btc, 1, None),)
    shown.take(items(mempool(NOW + S, asset="BTC")))
    assert shown.changes(4).chains["ethereum"].waiting == ()


def test_an_account_that_has_left_the_edge_is_gone() -> None:
    first, second, third = ACCOUNTS[:3]
    comet = account(name=first, market="comet")
    shown = took([account(name=first), account(name=second), comet])
    assert edges(shown) == {
        "aave": Edge(NOW, (account(name=first), account(name=second))),
        "comet": Edge(NOW, (comet,)),
    }
    shown.take(items(account(NOW + S, second), account(NOW + S, third)))
    newer = Edge(NOW + S, (account(NOW + S, second), account(NOW + S, third)))
    assert edges(shown, 1) == {"aave": newer, "comet": Edge(NOW, (comet,))}
    shown.take(items(account(name=first), account(NOW + S, third, health=0.5)))  # told again
    assert edges(shown, 2) is None
    assert edges(shown) == {"aave": newer, "comet": Edge(NOW, (comet,))}


def test_rows_of_one_time_may_come_apart() -> None:
    shown = took(*([account(name=name)] for name in ACCOUNTS[:3]))
    assert edges(shown) == {"aave": Edge(NOW, tuple(account(name=n) for n in ACCOUNTS[:3]))}


def test_the_last_account_of_a_market_is_gone_when_its_chain_speaks_on_without_it() -> None:
    shown = took([account()], [pool(NOW + 20 * S)])
    assert edges(shown) == {"aave": Edge(NOW, (account(),))}
    shown.take(items(pool(NOW + 20 * S + S // 4)))
    assert edges(shown, 2) == {}
    assert shown.changes(3).chains == {}
    both = took([pool(NOW + 30 * S), account()])  # as a store gives them: in any order
    assert edges(both) == {}
    other = took([account(), gas(NOW + 900 * S, "base")])
    assert edges(other) == {"aave": Edge(NOW, (account(),))}


def test_what_there_is_no_room_for_is_not_kept() -> None:
    shown = Shown("main")
    shown.take(items(*(gas(chain=f"c{k:02}") for k in range(MOST_CHAINS + 1))))
    assert list(shown.changes().chains) == [f"c{k:02}" for k in range(MOST_CHAINS)]

    names = [f"evm-1:{k:02}" for k in range(MOST_POOLS + 1)]
    shown = took([pool(name=name) for name in names[:-1]])
    assert not shown.changes().chains["ethereum"].more
    shown.take(items(pool(name=names[-1]), pool(NOW + S, name=names[0])))
    seen = shown.changes().chains["ethereum"]
    assert (list(seen.pools), seen.more) == (names[:-1], True)
    assert seen.pools[names[0]].row.ts == NOW + S

    shown = took([oracle(feed=name) for name in names], [mempool(asset=n, swaps=1) for n in names])
    seen = shown.changes().chains["ethereum"]
    assert list(seen.oracles) == [f"chainlink:{name}" for name in names[:-1]]
    assert [part.row.asset for part in seen.waiting or ()] == names[:-1]

    many = [account(name=f"0x{k:03}") for k in range(MOST_ACCOUNTS + 1)]
    shown = Shown("main")
    shown.take([rows_item(row) for row in many])
    assert edges(shown) == {"aave": Edge(NOW, tuple(many[:-1]))}
    assert shown.changes().chains["ethereum"].more

    markets = [f"m{k:02}" for k in range(MOST_MARKETS + 1)]
    shown = took([account(market=name) for name in markets])
    assert list(edges(shown) or ()) == markets[:-1]
