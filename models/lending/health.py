"""Health of one account in exact integers, as the Aave pool computes it.

Values are in the market's base currency with its own decimals (v3: USD with 8). An account that
cannot be valued has no numbers but reasons; nothing unknown ever counts as zero. Source: Aave's
GenericLogic, v2 to 3.7.
"""

from collections.abc import Iterable

from msgspec import Struct

from models.lending import ray
from models.lending.positions import DEBT
from models.lending.reserve import EMode, Reserve, terms
from models.lending.version import Version


class AccountHealth(Struct, frozen=True):
    """One account's health, or why it is unknown.

    `health_wad` is None where `debt_base` is 0 (the contract says 2^256 − 1: no debt, no limit)
    and where the account is unknown (`unknown` is not empty; then all numbers are None).
    """

    account: str
    collateral_base: int | None
    debt_base: int | None
    threshold_bp: int | None  # average, down; 0 without collateral
    ltv_bp: int | None
    health_wad: int | None
    emode: int = 0
    zero_ltv: bool = False  # some collateral lends no borrowing power, and must be withdrawn first
    isolated: bool = False  # one collateral has a debt ceiling
    blocked: bool = False  # no pair of collateral and debt may be liquidated now
    unknown: tuple[str, ...] = ()

    @property
    def liquidatable(self) -> bool:
        """Health below one, by what is known; whether it is `blocked` is another question."""
        return self.health_wad is not None and self.health_wad < ray.WAD


class Holding(Struct, frozen=True):
    """A scaled amount of one reserve on one side, with the price to value it at."""

    reserve: Reserve
    side: int
    used: bool
    scaled: int
    price: int | None


def unknown_account(account: str, *reasons: str) -> AccountHealth:
    """An account without numbers."""
    return AccountHealth(account, None, None, None, None, None, unknown=reasons)


def account_health(
    version: Version,
    account: str,
    holdings: Iterable[Holding],
    emode_id: int,
    emode: EMode | None,
    at_s: int,
) -> AccountHealth:
    """Σ value·threshold over debt, half up, in the version's rounding.

    `emode` None: not in one (`emode_id` 0), or in one that is not known.
    """
    collateral = weighted = borrowing = debt = 0
    zero_ltv = isolated = False
    open_collateral = open_debt = False
    reasons: list[str] = []
    for held in holdings:
        reserve, read = held.reserve, held.reserve.reading
        if held.scaled == 0 or (held.side != DEBT and not held.used):
            continue
        if held.scaled < 0:
            reasons.append(f"negative balance of {reserve.address}")
            continue
        if read is None:
            reasons.append(f"configuration of {reserve.address}")
            continue
        if held.side != DEBT and emode_id and emode is None:
            reasons.append(f"e-mode {emode_id}")
            continue
        at = terms(version, read, emode)
        if held.side != DEBT and at.threshold_bp == 0:
            continue
        lacking = _lacking(held)
        if lacking:
            reasons.append(f"{lacking} of {reserve.address}")
            continue
        price, unit = held.price or 0, 10**read.decimals
        if held.side == DEBT:
            amount = version.debt(held.scaled, reserve.debt_index(version, at_s))
            debt += version.debt_value(amount, price, unit)
            open_debt |= reserve.open_at(at_s)
            continue
        amount = version.balance(held.scaled, reserve.income_index(version, at_s))
        value = amount * price // unit
        collateral += value
        weighted += value * at.threshold_bp
        borrowing += value * at.ltv_bp
        zero_ltv |= at.ltv_bp == 0
        isolated |= read.debt_ceiling != 0
        open_collateral |= reserve.open_at(at_s)
    if reasons:
        return unknown_account(account, *dict.fromkeys(reasons))
    threshold_bp = weighted // collateral if collateral else 0
    return AccountHealth(
        account=account,
        collateral_base=collateral,
        debt_base=debt,
        threshold_bp=threshold_bp,
        ltv_bp=borrowing // collateral if collateral else 0,
        health_wad=health_factor(version, collateral, weighted, debt),
        emode=emode_id,
        zero_ltv=zero_ltv,
        isolated=isolated,
        blocked=not (open_collateral and open_debt) and debt > 0 and collateral > 0,
    )


def health_factor(version: Version, collateral: int, weighted: int, debt: int) -> int | None:
    """Wad; None without debt. `weighted` is Σ value·threshold in basis points.

    Until 3.2 the average threshold is cut to whole basis points first.

    >>> from models.lending.version import V3_0, V3_3
    >>> [health_factor(v, 10**17, 10**17 * 5000, 5 * 10**16) for v in (V3_0, V3_3)]
    [1000000000000000000, 1000000000000000000]
    """
    if debt == 0:
        return None
    if version.average_threshold:
        average_bp = weighted // collateral if collateral else 0
        return ray.wad_div(ray.percent_mul(collateral, average_bp), debt)
    return ray.wad_div(weighted, debt) // ray.BP


def _lacking(held: Holding) -> str | None:
    if held.reserve.updated_s is None:
        return "indices"
    return None if held.price is not None and held.price > 0 else "price"
