"""Health of an account of a lending market, in integers, at the prices of the market's oracle.

HF = ( Σ value_i · threshold_i ) wad/ (total debt) / 10000;   values floor(balance·price/unit)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sources.simulator.chain.contract import Frame
from sources.simulator.chain.ray import PERCENT, wad_div
from sources.simulator.chain.reserve import Reserve
from sources.simulator.chain.words import MOST


@dataclass(frozen=True, slots=True)
class Category:
    """Of e-mode: its own terms, and the assets it takes. Without a label there is none."""

    ltv: int = 0
    threshold: int = 0
    bonus: int = 0
    label: str = ""
    collateral: tuple[str, ...] = ()
    borrowable: tuple[str, ...] = ()


NO_CATEGORY: Final = Category()


class Prices(Protocol):
    """What an asset is worth, USD with 8 decimals."""

    def price(self, frame: Frame, asset: str) -> int:
        """The oracle's answer."""


@dataclass(frozen=True, slots=True)
class Health:
    """USD with 8 decimals. `factor` is a wad, 2^256 − 1 without debt."""

    collateral: int
    debt: int
    limit: int  # what may be borrowed against the collateral
    factor: int


def category(frame: Frame, number: int) -> Category:
    """An e-mode category by its number."""
    found: Category = frame.state.get(("category", number), NO_CATEGORY)
    return found


def emode(frame: Frame, who: str) -> int:
    """An account's category; 0: none."""
    return int(frame.state.get(("emode", who)))


def used(frame: Frame, who: str) -> tuple[str, ...]:
    """The assets that an account uses as collateral."""
    found: tuple[str, ...] = frame.state.get(("used", who), ())
    return found


def terms(frame: Frame, reserve: Reserve, number: int) -> tuple[int, int, int]:
    """ltv, threshold and bonus of a collateral for an account of a category."""
    own = category(frame, number)
    if number and reserve.asset in own.collateral:
        return own.ltv, own.threshold, own.bonus
    config = reserve.config(frame)
    return config.ltv, config.threshold, config.bonus


def health(frame: Frame, reserves: Mapping[str, Reserve], prices: Prices, who: str) -> Health:
    """The health of an account now."""
    number = emode(frame, who)
    taken: Sequence[str] = used(frame, who)
    collateral = debt = weighted = limit = 0
    for asset, reserve in reserves.items():
        unit = reserve.token.unit
        if asset in taken:
            price = prices.price(frame, asset)
            value = reserve.a_token.balance(frame, who) * price // unit
            ltv, threshold, _ = terms(frame, reserve, number)
            collateral += value
            weighted += value * threshold
            limit += value * ltv // PERCENT
        if reserve.debt_token.scaled(frame, who):
            price = prices.price(frame, asset)
            debt += reserve.debt_token.balance(frame, who) * price // unit
    factor = wad_div(weighted, debt) // PERCENT if debt else MOST
    return Health(collateral, debt, limit, factor)
