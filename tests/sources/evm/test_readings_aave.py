"""Aave v3: reserves, out of configurations that were real in March 2025."""

import csv
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain_event import AssetPrice, ReserveData, ReserveReading
from sources.evm.abi import Malformed
from sources.evm.readings import Ask
from sources.evm.readings_aave import MOST_RESERVES, AaveDiscovery, AaveReading
from tests.reference.evm_logs import answer
from tests.shared import shared_file

POOL, ORACLE, A_TOKEN, DEBT_TOKEN = ("0x" + digits * 20 for digits in ("87", "54", "a1", "d1"))
WETH, USDC = "0x" + "e7" * 20, "0x" + "05" * 20
LEGACY = [
    "uint256", *["uint128"] * 5, "uint40", "uint16", *["address"] * 4, *["uint128"] * 3
]  # fmt: skip
# Field and width, from the highest bit down, as the contract's comments list them.
LAYOUT = (
    ("unused", 3), ("virtual", 1), ("debt_ceiling", 40), ("unbacked_cap", 36), ("emode", 8),
    ("protocol_fee_bp", 16), ("supply_cap", 36), ("borrow_cap", 36), ("reserve_factor", 16),
    ("flash", 1), ("siloed", 1), ("isolation", 1), ("paused", 1), ("stable", 1), ("borrowing", 1),
    ("frozen", 1), ("active", 1), ("decimals", 8), ("bonus_bp", 16), ("threshold_bp", 16),
    ("ltv_bp", 16),
)  # fmt: skip


def packed(fields: Mapping[str, int]) -> int:
    """A configuration word, written down bit by bit."""
    return int("".join(f"{fields.get(name, 0):0{width}b}" for name, width in LAYOUT), 2)


def reserve_answers(
    word: int, number: int = 0, symbol: str = "WETH", a_token: str = A_TOKEN,
    debt_token: str = DEBT_TOKEN, rates: tuple[int, int] = (11, 12),
    indices: tuple[int, int] = (21, 22),
) -> list[bytes]:  # fmt: skip
    """Stale indices 1 and 2 stand in the struct, those of the block beside it."""
    legacy = [
        word, 1, rates[0], 2, rates[1], 13, 1785143380, number,
        a_token, "0x" + "57" * 20, debt_token, "0x" + "15" * 20, 31, 32, 33,
    ]  # fmt: skip
    return [
        answer(LEGACY, legacy),
        *(answer(["uint256"], [index]) for index in indices),
        answer(["string"], [symbol]),
    ]


def listed(*reserves: str, unit: int = 10**8) -> list[bytes]:
    return [answer(["address[]"], [reserves]), answer(["uint256"], [unit])]


def prices(*quoted: int) -> bytes:
    return answer(["uint256[]"], [quoted])


def test_what_is_asked() -> None:
    first = AaveDiscovery(POOL, ORACLE)
    asks = Ask(POOL, bytes.fromhex("d1946dbc")), Ask(ORACLE, bytes.fromhex("8c89b64f"))
    assert first.asks() == asks
    word = "00" * 12 + WETH[2:]
    assert first.take(listed(WETH)).asks() == (
        Ask(ORACLE, bytes.fromhex("9d23d9f2" + f"{32:064x}" + f"{1:064x}" + word)),
        Ask(POOL, bytes.fromhex("35ea6a75" + word)),
        Ask(POOL, bytes.fromhex("d15e0053" + word)),
        Ask(POOL, bytes.fromhex("386497fd" + word)),
        Ask(WETH, bytes.fromhex("95d89b41")),
    )


def test_real_reserves() -> None:
    """Every reserve of the recorded list: configuration, tokens, rates, indices and price."""
    text = shared_file("data/positions/aave_v3_reserves_ethereum_2025-03.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    found = AaveDiscovery(POOL, ORACLE).take(listed(*(row["underlyingAsset"] for row in rows)))
    results = [prices(*(int(row["priceInMarketReferenceCurrency"]) for row in rows))]
    for at, row in enumerate(rows):
        fields = {
            "ltv_bp": row["baseLTVasCollateral"], "debt_ceiling": row["debtCeiling"],
            "threshold_bp": row["reserveLiquidationThreshold"], "supply_cap": row["supplyCap"],
            "bonus_bp": row["reserveLiquidationBonus"], "borrow_cap": row["borrowCap"],
            "decimals": row["decimals"], "reserve_factor": row["reserveFactor"],
            "active": row["isActive"] == "True", "frozen": row["isFrozen"] == "True",
            "paused": row["isPaused"] == "True", "borrowing": row["borrowingEnabled"] == "True",
            "siloed": row["isSiloedBorrowing"] == "True", "protocol_fee_bp": 1000, "virtual": 1,
            "flash": row["flashLoanEnabled"] == "True",
        }  # fmt: skip
        results += reserve_answers(
            packed({name: int(value) for name, value in fields.items()}),
            number=at,
            symbol=row["symbol"],
            a_token=row["aTokenAddress"],
            debt_token=row["variableDebtTokenAddress"],
            rates=(int(row["liquidityRate"]), int(row["variableBorrowRate"])),
            indices=(int(row["liquidityIndex"]), int(row["variableBorrowIndex"])),
        )
    assert found.take(results) == AaveReading(
        reserves=tuple(
            ReserveReading(
                reserve=row["underlyingAsset"],
                symbol=row["symbol"],
                decimals=int(row["decimals"]),
                a_token=row["aTokenAddress"],
                debt_token=row["variableDebtTokenAddress"],
                ltv_bp=int(row["baseLTVasCollateral"]),
                threshold_bp=int(row["reserveLiquidationThreshold"]),
                bonus_bp=int(row["reserveLiquidationBonus"]),
                protocol_fee_bp=1000,
                supply_cap=int(row["supplyCap"]),
                borrow_cap=int(row["borrowCap"]),
                debt_ceiling=int(row["debtCeiling"]),
                active=row["isActive"] == "True",
                frozen=row["isFrozen"] == "True",
                paused=row["isPaused"] == "True",
            )
            for row in rows
        ),
        ids=tuple(range(len(rows))),
        rates=tuple(
            ReserveData(
                reserve=row["underlyingAsset"],
                liquidity_rate=int(row["liquidityRate"]),
                stable_rate=13,
                variable_rate=int(row["variableBorrowRate"]),
                liquidity_index=int(row["liquidityIndex"]),
                variable_index=int(row["variableBorrowIndex"]),
            )
            for row in rows
        ),
        prices=tuple(
            AssetPrice(row["underlyingAsset"], int(row["priceInMarketReferenceCurrency"]))
            for row in rows
        ),
    )


@settings(deadline=None, max_examples=60)
@given(st.fixed_dictionaries({name: st.integers(0, (1 << width) - 1) for name, width in LAYOUT}))
def test_every_configuration(fields: dict[str, int]) -> None:
    assert packed(fields) < 1 << 256
    told = AaveDiscovery(POOL, ORACLE).take(listed(WETH))
    (reading,) = told.take([prices(5), *reserve_answers(packed(fields))]).reserves
    assert {name: getattr(reading, name) for name in fields if hasattr(reading, name)} == {
        name: value for name, value in fields.items() if hasattr(reading, name)
    }
    assert sum(hasattr(reading, name) for name in fields) == 11


def test_a_price_of_nothing_is_unknown() -> None:
    told = AaveDiscovery(POOL, ORACLE).take(listed(WETH, USDC))
    answers = [*reserve_answers(0, 4), *reserve_answers(0, 2)]
    reading = told.take([prices(0, 10**8), *answers])
    assert reading.prices == (AssetPrice(USDC, 10**8),)
    assert reading.ids == (4, 2)


def test_a_pool_without_reserves() -> None:
    reading = AaveDiscovery(POOL, ORACLE).take(listed()).take([prices()])
    assert reading == AaveReading((), (), (), ())


@pytest.mark.parametrize(
    "results",
    [listed(WETH, unit=10**18), listed(WETH, WETH), [b"", listed()[1]], [listed()[0], b""],
     listed()[:1], listed(*(f"0x{at:040x}" for at in range(MOST_RESERVES + 1)))],
)  # fmt: skip
def test_what_is_no_pool(results: list[bytes]) -> None:
    with pytest.raises(Malformed):
        AaveDiscovery(POOL, ORACLE).take(results)


@pytest.mark.parametrize(
    ("quoted", "answers"),
    [(prices(1), [*reserve_answers(0, 0), *reserve_answers(0, 1)]),
     (prices(1, 2), [*reserve_answers(0, 1), *reserve_answers(0, 1)]),
     (prices(1, 2), [*reserve_answers(0, 0), *reserve_answers(0, MOST_RESERVES)]),
     (prices(1, 2), reserve_answers(0, 0)),
     (prices(1, 2), [*reserve_answers(0, 0), *reserve_answers(0, 1, symbol="")]),
     (prices(1, 2), [*reserve_answers(0, 0)[:3], *reserve_answers(0, 1), b""]),
     (b"", [*reserve_answers(0, 0), *reserve_answers(0, 1)])],
)  # fmt: skip
def test_answers_that_contradict(quoted: bytes, answers: list[Any]) -> None:
    with pytest.raises(Malformed):
        AaveDiscovery(POOL, ORACLE).take(listed(WETH, USDC)).take([quoted, *answers])
