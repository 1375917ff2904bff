"""A reserve and an e-mode category of Aave, and how a parameter change alters them.

Names of parameters that count here (`ParameterChange.name`). `about` a reserve: ltv,
liquidation_threshold, liquidation_bonus, liquidation_protocol_fee, supply_cap, borrow_cap,
debt_ceiling, active, frozen, paused, liquidation_grace_until (seconds), price_source, a_token,
variable_debt_token, emode_category (3.0 and 3.1). `about` "emode-N": ltv, liquidation_threshold,
liquidation_bonus, isolated. `about` "emode-N:reserve": emode_collateral, emode_borrowable,
emode_ltvzero. Others, and text that is no number, change nothing.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, structs

from models.lending.version import Version
from schemas.chain_event import ParameterChange, ReserveReading

_NUMBERS: Final = {
    "ltv": "ltv_bp",
    "liquidation_threshold": "threshold_bp",
    "liquidation_bonus": "bonus_bp",
    "liquidation_protocol_fee": "protocol_fee_bp",
    "supply_cap": "supply_cap",
    "borrow_cap": "borrow_cap",
    "debt_ceiling": "debt_ceiling",
}
_FLAGS: Final = ("active", "frozen", "paused")
_EMODE_NUMBERS: Final = ("ltv", "liquidation_threshold", "liquidation_bonus")
_TEXTS: Final = {
    "price_source": "source",
    "a_token": "a_token",
    "variable_debt_token": "debt_token",
}
_MEMBERS: Final = {
    "emode_collateral": "collateral",
    "emode_borrowable": "borrowable",
    "emode_ltvzero": "ltv_zero",
}
_BOOLS: Final = {"true": True, "false": False}
_MOST_DIGITS: Final = 30
MOST_CATEGORY: Final = 255
_EMODE: Final = "emode-"


class Reserve(Struct, frozen=True):
    """What is known of one reserve. Rates per year and indices are ray; None: not known yet."""

    address: str
    reading: ReserveReading | None = None
    liquidity_index: int = 0
    liquidity_rate: int = 0
    variable_index: int = 0
    variable_rate: int = 0
    updated_s: int | None = None  # None: no indices yet
    price: int | None = None  # of the market's own oracle
    source: str | None = None  # of the price
    deficit: int = 0  # debt written off less what was covered
    grace_until_s: int = 0  # until then no liquidations
    a_token: str | None = None
    debt_token: str | None = None

    def income_index(self, version: Version, at_s: int) -> int:
        """Normalised income; meaningless without indices. A time before the update counts as it."""
        elapsed_s = max(at_s - (self.updated_s or 0), 0)
        return version.income_index(self.liquidity_index, self.liquidity_rate, elapsed_s)

    def debt_index(self, version: Version, at_s: int) -> int:
        """Normalised debt; likewise."""
        elapsed_s = max(at_s - (self.updated_s or 0), 0)
        return version.debt_index(self.variable_index, self.variable_rate, elapsed_s)

    def open_at(self, at_s: int) -> bool:
        """Whether a liquidation may touch it."""
        read = self.reading
        return read is not None and read.active and not read.paused and at_s > self.grace_until_s


class EMode(Struct, frozen=True):
    """An e-mode category. Sets are of reserve addresses."""

    ltv_bp: int = 0
    threshold_bp: int = 0
    bonus_bp: int = 0
    collateral: frozenset[str] = frozenset()
    borrowable: frozenset[str] = frozenset()
    ltv_zero: frozenset[str] = frozenset()
    isolated: bool = False  # 3.7: other collateral lends no borrowing power


class Terms(Struct, frozen=True):
    """What holds for a collateral of one account: basis points."""

    ltv_bp: int
    threshold_bp: int
    bonus_bp: int


def terms(version: Version, read: ReserveReading, emode: EMode | None) -> Terms:
    """The account's e-mode terms where the reserve is of its category, else the reserve's.

    Before 3.6 a reserve without a threshold is no collateral in any e-mode, and one without LTV
    has none either.
    """
    if emode is None or read.reserve not in emode.collateral:
        ltv_bp = 0 if emode is not None and emode.isolated else read.ltv_bp
        return Terms(ltv_bp, read.threshold_bp, read.bonus_bp)
    if version.emode_alone:
        ltv_bp = 0 if read.reserve in emode.ltv_zero else emode.ltv_bp
        return Terms(ltv_bp, emode.threshold_bp, emode.bonus_bp)
    ltv_bp = emode.ltv_bp if read.ltv_bp else 0
    return Terms(ltv_bp, emode.threshold_bp if read.threshold_bp else 0, emode.bonus_bp)


def changed_reserve(reserve: Reserve, change: ParameterChange) -> Reserve:
    """The reserve after a change; itself when that says nothing about it."""
    name, new, number = change.name, change.new, _number(change.new)
    if name in _TEXTS:
        return structs.replace(reserve, **{_TEXTS[name]: new})
    if name == "liquidation_grace_until" and number is not None:
        return structs.replace(reserve, grace_until_s=number)
    read = reserve.reading
    if read is None:
        return reserve
    if name in _NUMBERS and number is not None:
        return structs.replace(reserve, reading=structs.replace(read, **{_NUMBERS[name]: number}))
    if name in _FLAGS and new in _BOOLS:
        return structs.replace(reserve, reading=structs.replace(read, **{name: _BOOLS[new]}))
    return reserve


def changed_emodes(emodes: Mapping[int, EMode], change: ParameterChange) -> dict[int, EMode]:
    """The categories that a change alters, as they are after it."""
    name, new, number = change.name, change.new, _number(change.new)
    if name == "emode_category":  # each reserve is in one category at most
        return {} if number is None else _moved(emodes, change.about, number)
    where, _, reserve = change.about.partition(":")
    category = _number(where.removeprefix(_EMODE)) if where.startswith(_EMODE) else None
    if category is None or not 0 < category <= MOST_CATEGORY:
        return {}
    old = emodes.get(category, EMode())
    if name in _MEMBERS and reserve and new in _BOOLS:
        members = getattr(old, _MEMBERS[name])
        members = members | {reserve} if _BOOLS[new] else members - {reserve}
        return {category: structs.replace(old, **{_MEMBERS[name]: members})}
    if reserve or (name == "isolated" and new not in _BOOLS):
        return {}
    if name == "isolated":
        return {category: structs.replace(old, isolated=_BOOLS[new])}
    if name in _EMODE_NUMBERS and number is not None:
        return {category: structs.replace(old, **{_NUMBERS[name]: number})}
    return {}


def _moved(emodes: Mapping[int, EMode], reserve: str, category: int) -> dict[int, EMode]:
    """One reserve put into one category as collateral and to borrow, out of all others."""
    after = {}
    for each in sorted({*emodes, category} - {0}):
        old = emodes.get(each, EMode())
        if each <= MOST_CATEGORY:
            mine = each == category
            sets = [
                s | {reserve} if mine else s - {reserve} for s in (old.collateral, old.borrowable)
            ]
            new = structs.replace(old, collateral=sets[0], borrowable=sets[1])
            if new != old:
                after[each] = new
    return after


def _number(text: str) -> int | None:
    return int(text) if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit() else None
