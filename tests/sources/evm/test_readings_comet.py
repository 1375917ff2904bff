"""Compound v3: a market in two rounds, an account in one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import AccountReading, CometReading
from sources.evm.abi import Malformed
from sources.evm.readings import Ask
from sources.evm.readings_comet import CometAccountDiscovery, CometDiscovery
from tests.reference.evm_logs import answer

COMET, BASE, FEED, ACCOUNT = ("0x" + digits * 20 for digits in ("c3", "a0", "fe", "ac"))
WETH, WBTC = "0x" + "e7" * 20, "0x" + "b7" * 20
TOTALS = ["uint64"] * 4 + ["uint104", "uint104", "uint40", "uint8"]
INFO = ["uint8", "address", "address", "uint64", "uint64", "uint64", "uint64", "uint128"]


def call(to: str, data: str) -> Ask:
    return Ask(to, bytes.fromhex(data))


def first_round(**changes: Any) -> list[bytes]:
    value = {"base": BASE, "decimals": 6, "assets": 2, "supply": 1_041 * 10**12, "at_s": 1785143380}
    value |= changes
    totals = [value["supply"], 1_066 * 10**12, 7, 8, 9 * 10**14, 8 * 10**14, value["at_s"], 0]
    return [
        answer(["address"], [value["base"]]),
        answer(["uint8"], [value["decimals"]]),
        answer(["uint8"], [value["assets"]]),
        answer(TOTALS, totals),
        answer(["uint256"], [88 * 10**16]),
    ]


def asset(at: int, token: str, scale: int) -> bytes:
    factors = [83 * 10**16, 90 * 10**16, 95 * 10**16]
    return answer(INFO, [at, token, FEED, scale, *factors, 350_000 * scale])


RATES = [answer(["uint64"], [1_157_000_000]), answer(["uint64"], [1_585_000_000])]


def test_a_market() -> None:
    first = CometDiscovery(COMET)
    questions = ("c55dae63", "313ce567", "a46fe83b", "b9f0baf7", "7eb71131")
    assert first.asks() == tuple(call(COMET, each) for each in questions)
    second = first.take(first_round())
    assert second.asks() == (
        call(COMET, "d955759d" + f"{88 * 10**16:064x}"),
        call(COMET, "9fa83b5a" + f"{88 * 10**16:064x}"),
        call(COMET, "c8c7fe6b" + f"{0:064x}"),
        call(COMET, "c8c7fe6b" + f"{1:064x}"),
    )
    factors = (83 * 10**16, 90 * 10**16, 95 * 10**16)
    assert second.take([*RATES, asset(0, WETH, 10**18), asset(1, WBTC, 10**8)]) == CometReading(
        base=BASE,
        base_decimals=6,
        supply_index=1_041 * 10**12,
        borrow_index=1_066 * 10**12,
        supply_rate=1_157_000_000,
        borrow_rate=1_585_000_000,
        accrued_at_s=1785143380,
        assets=(
            (WETH, 18, *factors, 350_000 * 10**18),
            (WBTC, 8, *factors, 350_000 * 10**8),
        ),
    )


def test_a_market_without_collateral() -> None:
    market = CometDiscovery(COMET).take(first_round(assets=0)).take(RATES)
    assert market.assets == ()


@pytest.mark.parametrize(
    "results",
    [first_round(supply=0), first_round(at_s=0), first_round()[:4], [b""] * 5,
     [*first_round()[:3], b"\xff" * 256, first_round()[4]]],
)  # fmt: skip
def test_what_is_no_market(results: list[bytes]) -> None:
    with pytest.raises(Malformed):
        CometDiscovery(COMET).take(results)


@pytest.mark.parametrize(
    "results",
    [[*RATES, asset(1, WETH, 10**18), asset(1, WBTC, 10**8)],
     [*RATES, asset(0, WETH, 10**18 + 1), asset(1, WBTC, 10**8)],
     [*RATES, asset(0, WETH, 0), asset(1, WBTC, 10**8)],
     [*RATES, asset(0, WETH, 10**18), asset(1, WBTC, 10**8)[:-1]],
     [*RATES, asset(0, WETH, 10**18)], [b"", RATES[1], *[asset(0, WETH, 1)] * 2]],
)  # fmt: skip
def test_assets_that_are_none(results: list[bytes]) -> None:
    with pytest.raises(Malformed):
        CometDiscovery(COMET).take(first_round()).take(results)


def account(principal: int, weth: int, wbtc: int) -> AccountReading:
    basic = answer(["int104", "uint64", "uint64", "uint16", "uint8"], [principal, 1, 2, 3, 0])
    balances = [answer(["uint128", "uint128"], [amount, 0]) for amount in (weth, wbtc)]
    discovery = CometAccountDiscovery(COMET, BASE, (WETH, WBTC), ACCOUNT.upper().replace("X", "x"))
    return discovery.take([basic, *balances])


def test_accounts() -> None:
    assert CometAccountDiscovery(COMET, BASE, (WETH,), ACCOUNT).asks() == (
        call(COMET, "dc4abafd" + "00" * 12 + ACCOUNT[2:]),
        call(COMET, "2b92a07d" + "00" * 12 + ACCOUNT[2:] + "00" * 12 + WETH[2:]),
    )
    assert account(-5, 0, 7) == AccountReading(ACCOUNT, ((WBTC, 7),), ((BASE, 5),), (WBTC,))
    assert account(5, 6, 0) == AccountReading(ACCOUNT, ((BASE, 5), (WETH, 6)), (), (WETH,))
    assert account(0, 0, 0) == AccountReading(ACCOUNT, (), (), ())
    for results in ([], [b""] * 3, [b"\x7f" + b"\xff" * 31, bytes(32), bytes(32)]):
        with pytest.raises(Malformed):
            CometAccountDiscovery(COMET, BASE, (WETH, WBTC), ACCOUNT).take(results)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(-(1 << 103), (1 << 103) - 1),
    st.integers(0, (1 << 128) - 1),
    st.integers(0, (1 << 128) - 1),
)
def test_an_account_loses_nothing(principal: int, weth: int, wbtc: int) -> None:
    found = account(principal, weth, wbtc)
    amounts = dict(found.collateral)
    assert amounts.get(BASE, 0) - dict(found.debt).get(BASE, 0) == principal
    assert (amounts.get(WETH, 0), amounts.get(WBTC, 0)) == (weth, wbtc)
