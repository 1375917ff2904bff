"""Logs of Aave's PoolConfigurator and AaveOracle: parameters that governance changed.

`about` is the reserve, `emode-N` for a category, `emode-N:reserve` for a reserve's part in one, ""
for the whole market. Units: bp, tokens (whole ones), usd_e2, s (time since 1970), bool ("true",
"false"), address, category, text, integer, bytes.
Source: IPoolConfigurator, IAaveOracle, DefaultReserveInterestRateStrategyV2 of Aave v3.
"""

from typing import Final

from schemas.chain_event import AuthorityChange, Event, ParameterChange
from sources.evm.abi import Malformed, decoded
from sources.evm.events.form import Form, Says, form

_RATES: Final = ("optimal_usage", "base_rate", "slope_below_optimal", "slope_above_optimal")
_RATE_TYPES: Final = ("uint16", "uint32", "uint32", "uint32")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _set(name: str, unit: str) -> Says:
    """For (reserve, new)."""
    return lambda about, new: (ParameterChange(name, about, None, _text(new), unit),)


def _changed(name: str, unit: str) -> Says:
    """For (reserve, old, new)."""
    return lambda about, old, new: (ParameterChange(name, about, _text(old), _text(new), unit),)


def _in_emode(name: str) -> Says:
    """For (reserve, category, whether)."""
    return lambda reserve, category, whether: (
        ParameterChange(name, f"emode-{category}:{reserve}", None, _text(whether), "bool"),
    )


def _upgraded(name: str) -> Says:
    """For (reserve, proxy, implementation): the log's own address is the configurator's."""
    return lambda reserve, _proxy, implementation: (
        AuthorityChange("upgraded", None, implementation),
        ParameterChange(name, reserve, None, implementation, "address"),
    )


def _collateral(about: str, ltv: int, threshold: int, bonus: int) -> tuple[Event, ...]:
    return (
        ParameterChange("ltv", about, None, str(ltv), "bp"),
        ParameterChange("liquidation_threshold", about, None, str(threshold), "bp"),
        ParameterChange("liquidation_bonus", about, None, str(bonus), "bp"),
    )


def _category(
    category: int, ltv: int, threshold: int, bonus: int, oracle: str, label: str
) -> tuple[Event, ...]:
    about = f"emode-{category}"
    return (
        *_collateral(about, ltv, threshold, bonus),
        ParameterChange("price_source", about, None, oracle, "address"),
        ParameterChange("label", about, None, label, "text"),
    )


def _initialized(
    reserve: str, a_token: str, _stable: str, debt_token: str, strategy: str
) -> tuple[Event, ...]:
    return (
        ParameterChange("a_token", reserve, None, a_token, "address"),
        ParameterChange("variable_debt_token", reserve, None, debt_token, "address"),
        ParameterChange("interest_rate_strategy", reserve, None, strategy, "address"),
    )


def _rates(reserve: str, _strategy: str, data: bytes) -> tuple[Event, ...]:
    """The standard strategy's four numbers; another strategy's data as it is."""
    try:
        values = decoded(_RATE_TYPES, data) if len(data) == 128 else ()
    except Malformed:
        values = ()
    if not values:
        return (ParameterChange("interest_rate_data", reserve, None, "0x" + data.hex(), "bytes"),)
    return tuple(
        ParameterChange(name, reserve, None, str(value), "bp")
        for name, value in zip(_RATES, values, strict=True)
    )


FORMS: Final[tuple[Form, ...]] = (
    form("CollateralConfigurationChanged(address*,uint256,uint256,uint256)", _collateral),
    form("PendingLtvChanged(address*,uint256)", _set("pending_ltv", "bp")),
    form("ReserveFrozen(address*,bool)", _set("frozen", "bool")),
    form("ReservePaused(address*,bool)", _set("paused", "bool")),
    form("ReserveActive(address*,bool)", _set("active", "bool")),
    form("ReserveBorrowing(address*,bool)", _set("borrowing", "bool")),
    form("ReserveFlashLoaning(address*,bool)", _set("flash_loaning", "bool")),
    form(
        "ReserveDropped(address*)",
        lambda reserve: (ParameterChange("dropped", reserve, "false", "true", "bool"),),
    ),
    form("ReserveInitialized(address*,address*,address,address,address)", _initialized),
    form("ReserveFactorChanged(address*,uint256,uint256)", _changed("reserve_factor", "bp")),
    form("BorrowCapChanged(address*,uint256,uint256)", _changed("borrow_cap", "tokens")),
    form("SupplyCapChanged(address*,uint256,uint256)", _changed("supply_cap", "tokens")),
    form(
        "LiquidationProtocolFeeChanged(address*,uint256,uint256)",
        _changed("liquidation_protocol_fee", "bp"),
    ),
    form("LiquidationGracePeriodChanged(address*,uint40)", _set("liquidation_grace_until", "s")),
    form(
        "LiquidationGracePeriodDisabled(address*)",
        lambda reserve: (ParameterChange("liquidation_grace_until", reserve, None, "0", "s"),),
    ),
    form("EModeCategoryAdded(uint8*,uint256,uint256,uint256,address,string)", _category),
    form("AssetCollateralInEModeChanged(address*,uint8,bool)", _in_emode("emode_collateral")),
    form("AssetBorrowableInEModeChanged(address*,uint8,bool)", _in_emode("emode_borrowable")),
    form("AssetLtvzeroInEModeChanged(address*,uint8,bool)", _in_emode("emode_ltvzero")),
    form("EModeAssetCategoryChanged(address*,uint8,uint8)", _changed("emode_category", "category")),
    form("DebtCeilingChanged(address*,uint256,uint256)", _changed("debt_ceiling", "usd_e2")),
    form("SiloedBorrowingChanged(address*,bool,bool)", _changed("siloed_borrowing", "bool")),
    form("BorrowableInIsolationChanged(address,bool)", _set("borrowable_in_isolation", "bool")),
    form(
        "ReserveInterestRateStrategyChanged(address*,address,address)",
        _changed("interest_rate_strategy", "address"),
    ),
    form("ReserveInterestRateDataChanged(address*,address*,bytes)", _rates),
    form(
        "FlashloanPremiumTotalUpdated(uint128,uint128)",
        lambda old, new: (ParameterChange("flash_loan_premium", "", str(old), str(new), "bp"),),
    ),
    form("ATokenUpgraded(address*,address*,address*)", _upgraded("a_token_implementation")),
    form(
        "VariableDebtTokenUpgraded(address*,address*,address*)",
        _upgraded("variable_debt_token_implementation"),
    ),
    form("AssetSourceUpdated(address*,address*)", _set("price_source", "address")),
    form(
        "FallbackOracleUpdated(address*)",
        lambda oracle: (ParameterChange("fallback_oracle", "", None, oracle, "address"),),
    ),
    form(
        "BaseCurrencySet(address*,uint256)",
        lambda currency, unit: (
            ParameterChange("base_currency", "", None, currency, "address"),
            ParameterChange("base_currency_unit", "", None, str(unit), "integer"),
        ),
    ),
)
