"""What waiting transactions would do: signed USD by asset, and what cannot be valued."""

from typing import Any

from models.chain.intent import Intent, intents
from models.chain.tokens import Token, Tokens
from schemas.chain_call import Liquidation, OracleReport, ParameterCall, Swap
from tests.models.chain.test_mempool import pending

WETH, USDC, WBTC, OTHER = "0xweth", "0xusdc", "0xwbtc", "0xother"
PRICES = {"ETH": 2000.0, "BTC": 60_000.0}


def tokens() -> Tokens:
    known = Tokens()
    known.learn(Token(WETH, "ETH", 18, dollar=False))
    known.learn(Token(USDC, "USDC", 6, dollar=True))
    known.learn(Token(WBTC, "BTC", 8, dollar=False))
    return known


def swap(*path: str, into: int | None = None, out: int | None = None, **more: Any) -> Swap:
    fields = {
        "to": "0xrouter", "protocol": "uniswap-v3", "path": path, "fees_e6": (), "pools": (),
        "amount_in": into, "amount_out": out, "limit": None, "recipient": "0x1",
        "deadline_s": None,
    }  # fmt: skip
    return Swap(**(fields | more))


def told(*calls: Any, **prices: float) -> tuple[dict[str, Intent], int]:
    waiting = [pending("a", calls=calls)]
    return intents(waiting, tokens(), PRICES | prices, {"0xfeed": "ETH"})


def test_swaps_are_worth_what_can_be_valued() -> None:
    two_eth = 2 * 10**18
    assert told(swap(WETH, USDC, into=two_eth))[0] == {"ETH": Intent(swaps=1, sell_usd=4000.0)}
    assert told(swap(USDC, WETH, into=500 * 10**6))[0] == {"ETH": Intent(swaps=1, buy_usd=500.0)}
    assert told(swap(WETH, OTHER, USDC, out=7 * 10**6))[0] == {"ETH": Intent(1, 0, 0.0, 7.0)}
    assert told(swap(WETH, WBTC, into=two_eth))[0] == {
        "ETH": Intent(1, 0, 0.0, 4000.0), "BTC": Intent(1, 0, 4000.0, 0.0),
    }  # fmt: skip
    assert told(swap(OTHER, WETH, into=5))[0] == {"ETH": Intent(swaps=1, unvalued=1)}
    assert told(swap(OTHER, USDC, into=5))[0] == {}
    assert told(swap())[0] == {}


def test_a_lost_peg_values_dollars_where_it_is_watched() -> None:
    found, _ = told(swap(USDC, WETH, into=100 * 10**6), USDC=0.9)
    assert found == {"ETH": Intent(swaps=1, buy_usd=90.0)}


def test_a_transaction_of_several_swaps_counts_once() -> None:
    both = swap(WETH, USDC, into=10**18), swap(WETH, USDC, into=10**18), swap(WETH, OTHER)
    assert told(*both)[0] == {"ETH": Intent(swaps=1, unvalued=1, sell_usd=4000.0)}


def test_liquidations_reports_and_parameters() -> None:
    half = Liquidation("0xaave", "aave", WETH, USDC, ("0x9",), 300 * 10**6)
    all_of_it = Liquidation("0xaave", "aave", WETH, USDC, ("0x9",), None)
    nobodys = Liquidation("0xcomet", "compound-v3", None, None, ("0x9",), None)
    report = OracleReport("0xfeed", 2, False, (1, 2, 3), 2, "", 5, None, 4)
    stranger = OracleReport("0xelse", 2, False, (1, 2, 3), 2, "", 5, None, 4)
    found, changes = told(half, all_of_it, nobodys, report, stranger)
    eth = Intent(unvalued=1, liquidations=2, liquidation_usd=300.0, oracle_updates=1)
    assert (found, changes) == ({"ETH": eth}, 0)
    change = ParameterCall("0xconfigurator", "setReserveFreeze(address,bool)")
    assert told(change, change) == ({}, 1)
