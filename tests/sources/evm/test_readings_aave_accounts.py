"""Aave v3: accounts and e-modes, whose bitmaps count reserves by id."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import AccountReading, EModeReading, ReserveReading
from sources.evm.abi import Malformed
from sources.evm.readings import Ask
from sources.evm.readings_aave import AaveReading
from sources.evm.readings_aave_accounts import AaveAccountDiscovery, EModeDiscovery
from tests.reference.evm_logs import answer

POOL, ACCOUNT = "0x" + "87" * 20, "0x" + "ac" * 20
IDS = (0, 1, 5, 127)  # 2 to 4 were dropped


def token(kind: str, number: int) -> str:
    return f"0x{kind}{number:038x}"


def number_of(reading_id: int) -> ReserveReading:
    return ReserveReading(
        reserve=token("ee", reading_id), symbol="X", decimals=18, a_token=token("aa", reading_id),
        debt_token=token("dd", reading_id), ltv_bp=0, threshold_bp=0, bonus_bp=0,
        protocol_fee_bp=0, supply_cap=0, borrow_cap=0, debt_ceiling=0, active=True, frozen=False,
        paused=False,
    )  # fmt: skip


MARKET = AaveReading(tuple(number_of(each) for each in IDS), IDS, (), ())


def word(value: int) -> bytes:
    return answer(["uint256"], [value])


def test_an_account() -> None:
    """Id 0 supplied and unused, 1 used, 5 used and borrowed, 127 borrowed; e-mode 3."""
    first = AaveAccountDiscovery(POOL, MARKET, ACCOUNT.upper().replace("X", "x"))
    mine = "00" * 12 + ACCOUNT[2:]
    questions = ("4417a583", "eddf1b79")
    assert first.asks() == tuple(Ask(POOL, bytes.fromhex(each + mine)) for each in questions)
    bitmap = 0b10 << 2 * 1 | 0b11 << 2 * 5 | 0b01 << 2 * 127 | 0b11 << 2 * 3
    second = first.take([word(bitmap), word(3)])
    scaled = bytes.fromhex("1da24f3e" + mine)
    assert second.asks() == tuple(
        Ask(each, scaled)
        for each in (*(token("aa", each) for each in IDS), token("dd", 5), token("dd", 127))
    )
    assert second.take([word(each) for each in (70, 71, 75, 0, 85, 86)]) == AccountReading(
        account=ACCOUNT,
        collateral=((token("ee", 0), 70), (token("ee", 1), 71), (token("ee", 5), 75)),
        debt=((token("ee", 5), 85), (token("ee", 127), 86)),
        used=(token("ee", 1), token("ee", 5)),
        emode=3,
    )


def test_a_debt_that_was_rounded_away() -> None:
    second = AaveAccountDiscovery(POOL, MARKET, ACCOUNT).take([word(0b01), word(0)])
    assert second.take([word(0)] * 5) == AccountReading(ACCOUNT, (), (), (), 0)


def test_a_market_without_reserves() -> None:
    first = AaveAccountDiscovery(POOL, AaveReading((), (), (), ()), ACCOUNT)
    assert first.take([word(0b11), word(2)]) == AccountReading(ACCOUNT, (), (), (), 2)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, (1 << 256) - 1), st.integers(0, 255))
def test_bitmaps_bit_by_bit(bitmap: int, emode: int) -> None:
    bits = f"{bitmap:0256b}"[::-1]
    second = AaveAccountDiscovery(POOL, MARKET, ACCOUNT).take([word(bitmap), word(emode)])
    reading = second.take([word(at + 1) for at in range(len(second.asks()))])
    names = [token("ee", each) for each in IDS if bits[2 * each] == "1"]
    assert reading == AccountReading(
        account=ACCOUNT,
        collateral=tuple((token("ee", each), at + 1) for at, each in enumerate(IDS)),
        debt=tuple((name, at + 5) for at, name in enumerate(names)),
        used=tuple(token("ee", each) for each in IDS if bits[2 * each + 1] == "1"),
        emode=emode,
    )


@pytest.mark.parametrize("results", [[], [b"", b""], [word(0), word(256)], [word(0), b"1"]])
def test_what_is_no_account(results: list[bytes]) -> None:
    with pytest.raises(Malformed):
        AaveAccountDiscovery(POOL, MARKET, ACCOUNT).take(results)
    with pytest.raises(Malformed):
        AaveAccountDiscovery(POOL, MARKET, ACCOUNT).take([word(0)] * 2).take(results)


def category(threshold: int, collateral: int, borrowable: int) -> list[bytes]:
    config = [threshold - 200 if threshold else 0, threshold, 10_100 if threshold else 0]
    return [
        answer(["uint16"] * 3, config),
        answer(["string"], ["ETH correlated" if threshold else ""]),
        answer(["uint128"], [collateral]),
        answer(["uint128"], [borrowable]),
    ]


def test_categories() -> None:
    """The second is not defined; bits 2 and 3 are of reserves that were dropped."""
    discovery = EModeDiscovery(POOL, MARKET, 3)
    selectors = [each.data[:4].hex() for each in discovery.asks()]
    assert [selectors[0], selectors[2]] == ["b286f467", "b0771dba"]  # as published
    assert [each.data[4:] for each in discovery.asks()] == [
        number.to_bytes(32, "big") for number in (1, 2, 3) for _ in range(4)
    ]
    results = [
        *category(9500, 1 << 127 | 0b1111, 0b10),
        *category(0, 0, 0),
        *category(9000, 1 << 5, 0),
    ]
    ids = (0, 1, 127)
    assert discovery.take(results) == (
        EModeReading(
            category=1,
            ltv_bp=9300,
            threshold_bp=9500,
            bonus_bp=10_100,
            label="ETH correlated",
            collateral=tuple(token("ee", each) for each in ids),
            borrowable=(token("ee", 1),),
        ),
        EModeReading(3, 8800, 9000, 10_100, "ETH correlated", (token("ee", 5),), ()),
    )
    for wrong in (results[1:], [b"", *results[1:]], [*results[:-1], b"\xff" * 32]):
        with pytest.raises(Malformed):
            discovery.take(wrong)
