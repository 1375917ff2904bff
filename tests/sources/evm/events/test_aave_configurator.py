"""Logs of Aave's configurator and oracle: every parameter, by name, reserve and unit."""

from collections.abc import Callable
from typing import Final

import pytest

from schemas.chain_event import AuthorityChange, Event, ParameterChange
from sources.evm.events import events_of
from tests.reference.evm_logs import log

A = "address indexed asset"


def change(name: str, unit: str) -> Callable[..., object]:
    def said(new: object, asset: str = "", old: object = None) -> object:
        return (
            ParameterChange(
                name=name,
                about=asset,
                old=None
                if old is None
                else {True: "true", False: "false"}[old]
                if unit == "bool"
                else str(old),
                new=("true" if new else "false") if unit == "bool" else str(new),
                unit=unit,
            ),
        )

    return said


def part(name: str) -> Callable[..., object]:
    return lambda asset, category, new: (
        ParameterChange(
            name=name,
            about=f"emode-{category}:{asset}",
            old=None,
            new="true" if new else "false",
            unit="bool",
        ),
    )


def collateral(asset: str, ltv: int, threshold: int, bonus: int) -> tuple[Event, ...]:
    return (
        ParameterChange("ltv", asset, None, str(ltv), "bp"),
        ParameterChange("liquidation_threshold", asset, None, str(threshold), "bp"),
        ParameterChange("liquidation_bonus", asset, None, str(bonus), "bp"),
    )


def category(
    category: int, ltv: int, threshold: int, bonus: int, oracle: str, label: str
) -> object:
    return (
        *collateral(f"emode-{category}", ltv, threshold, bonus),
        ParameterChange("price_source", f"emode-{category}", None, oracle, "address"),
        ParameterChange("label", f"emode-{category}", None, label, "text"),
    )


def upgraded(name: str) -> Callable[..., object]:
    return lambda asset, proxy, new: (
        AuthorityChange(kind="upgraded", old=None, new=new),
        ParameterChange(name=name, about=asset, old=None, new=new, unit="address"),
    )


def initialized(asset: str, a_token: str, stable: str, variable: str, strategy: str) -> object:
    return (
        ParameterChange("a_token", asset, None, a_token, "address"),
        ParameterChange("variable_debt_token", asset, None, variable, "address"),
        ParameterChange("interest_rate_strategy", asset, None, strategy, "address"),
    )


CASES: Final[dict[str, Callable[..., object]]] = {
    f"CollateralConfigurationChanged({A}, uint256 ltv, uint256 threshold, uint256 bonus)": (
        collateral
    ),
    f"PendingLtvChanged({A}, uint256 new)": change("pending_ltv", "bp"),
    f"ReserveFrozen({A}, bool new)": change("frozen", "bool"),
    f"ReservePaused({A}, bool new)": change("paused", "bool"),
    f"ReserveActive({A}, bool new)": change("active", "bool"),
    f"ReserveBorrowing({A}, bool new)": change("borrowing", "bool"),
    f"ReserveFlashLoaning({A}, bool new)": change("flash_loaning", "bool"),
    f"ReserveDropped({A})": (
        lambda asset: (ParameterChange("dropped", asset, "false", "true", "bool"),)
    ),
    f"ReserveInitialized({A}, address indexed a_token, address stable, address variable,"
    " address strategy)": initialized,
    f"ReserveFactorChanged({A}, uint256 old, uint256 new)": change("reserve_factor", "bp"),
    f"BorrowCapChanged({A}, uint256 old, uint256 new)": change("borrow_cap", "tokens"),
    f"SupplyCapChanged({A}, uint256 old, uint256 new)": change("supply_cap", "tokens"),
    f"LiquidationProtocolFeeChanged({A}, uint256 old, uint256 new)": (
        change("liquidation_protocol_fee", "bp")
    ),
    f"LiquidationGracePeriodChanged({A}, uint40 new)": change("liquidation_grace_until", "s"),
    f"LiquidationGracePeriodDisabled({A})": (
        lambda asset: (ParameterChange("liquidation_grace_until", asset, None, "0", "s"),)
    ),
    "EModeCategoryAdded(uint8 indexed category, uint256 ltv, uint256 threshold, uint256 bonus,"
    " address oracle, string label)": category,
    f"AssetCollateralInEModeChanged({A}, uint8 category, bool new)": part("emode_collateral"),
    f"AssetBorrowableInEModeChanged({A}, uint8 category, bool new)": part("emode_borrowable"),
    f"AssetLtvzeroInEModeChanged({A}, uint8 category, bool new)": part("emode_ltvzero"),
    f"EModeAssetCategoryChanged({A}, uint8 old, uint8 new)": change("emode_category", "category"),
    f"DebtCeilingChanged({A}, uint256 old, uint256 new)": change("debt_ceiling", "usd_e2"),
    f"SiloedBorrowingChanged({A}, bool old, bool new)": change("siloed_borrowing", "bool"),
    "BorrowableInIsolationChanged(address asset, bool new)": (
        change("borrowable_in_isolation", "bool")
    ),
    f"ReserveInterestRateStrategyChanged({A}, address old, address new)": (
        change("interest_rate_strategy", "address")
    ),
    f"ReserveInterestRateDataChanged({A}, address indexed strategy, bytes data)": (
        lambda asset, strategy, data: (
            ParameterChange("interest_rate_data", asset, None, "0x" + data.hex(), "bytes"),
        )
    ),
    "FlashloanPremiumTotalUpdated(uint128 old, uint128 new)": change("flash_loan_premium", "bp"),
    f"ATokenUpgraded({A}, address indexed proxy, address indexed new)": (
        upgraded("a_token_implementation")
    ),
    f"VariableDebtTokenUpgraded({A}, address indexed proxy, address indexed new)": (
        upgraded("variable_debt_token_implementation")
    ),
    f"AssetSourceUpdated({A}, address indexed new)": change("price_source", "address"),
    "FallbackOracleUpdated(address indexed new)": change("fallback_oracle", "address"),
    "BaseCurrencySet(address indexed currency, uint256 unit)": (
        lambda currency, unit: (
            ParameterChange("base_currency", "", None, currency, "address"),
            ParameterChange("base_currency_unit", "", None, str(unit), "integer"),
        )
    ),
}


RATES = f"ReserveInterestRateDataChanged({A}, address indexed strategy, bytes data)"
ASSET = "0x" + "a5" * 20


def rates_said(*words: int) -> object:
    data = b"".join(word.to_bytes(32, "big") for word in words)
    values = {"asset": ASSET, "strategy": "0x" + "57" * 20, "data": data}
    return events_of(*log(RATES, values))


def test_the_standard_strategy_has_four_numbers() -> None:
    """Of WETH in March 2025: optimal use 90 %, slopes 2.7 % and 80 %."""
    assert rates_said(9000, 0, 270, 8000) == (
        ParameterChange("optimal_usage", ASSET, None, "9000", "bp"),
        ParameterChange("base_rate", ASSET, None, "0", "bp"),
        ParameterChange("slope_below_optimal", ASSET, None, "270", "bp"),
        ParameterChange("slope_above_optimal", ASSET, None, "8000", "bp"),
    )


@pytest.mark.parametrize("words", [(9000, 0, 270, 1 << 32), (1 << 16, 0, 0, 0), (1, 2, 3), ()])
def test_the_data_of_another_strategy_stays_as_it_is(words: tuple[int, ...]) -> None:
    text = "0x" + "".join(f"{word:064x}" for word in words)
    change = ParameterChange("interest_rate_data", ASSET, None, text, "bytes")
    assert rates_said(*words) == (change,)
