"""One Hyperliquid coin: what is shown of accounts, hashes, blocks."""

import pytest

from sources.simulator.venues.hyperliquid import Hyperliquid
from sources.simulator.venues.hyperliquid_market import hash_of
from tests.sources.simulator.hearing import EPOCH_MS, small_world


def test_hashes_are_never_zero_and_differ() -> None:
    hashes = {hash_of(number) for number in range(2000)}
    assert len(hashes) > 990
    assert all(0 < value < 1 << 256 for value in hashes)


def test_states_add_up() -> None:
    made = Hyperliquid(small_world("hyperliquid"), EPOCH_MS)
    coin = made.coins["BTC"]
    address = made.accounts(1)[0]
    state = made.state(address)
    position = state["assetPositions"][0]["position"]
    value = float(position["positionValue"])
    assert value == pytest.approx(abs(float(position["szi"])) * 92_000.0)
    assert float(state["crossMaintenanceMarginUsed"]) == pytest.approx(0.0125 * value)
    equity = float(state["marginSummary"]["accountValue"])
    account = next(a for a in coin.trading.accounts.opened if a.address == address)  # type: ignore[union-attr]
    margin = account.margin * account.lots / coin.trading.market.lots_per_unit
    margin = coin.trading.market.price(margin)
    assert equity == pytest.approx(margin + float(position["unrealizedPnl"]), rel=1e-6)
    nobody = made.state("0x0")
    assert nobody["assetPositions"] == []
    assert nobody["marginSummary"]["accountValue"] == "0.000000"


def test_a_block_tells_the_best_once() -> None:
    made = Hyperliquid(small_world("hyperliquid"), EPOCH_MS)
    frames: list[bytes] = []
    client = made.open("/ws", {}, frames.append, 0.0)
    assert client is not None
    client.receive(b'{"method":"subscribe","subscription":{"type":"bbo","coin":"BTC"}}', 0.0)
    for _ in range(3):
        made.coins["BTC"].block(0.0)
    assert len(frames) == 3  # acknowledged, greeted, one block
