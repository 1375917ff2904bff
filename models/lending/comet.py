"""One Compound v3 market: its state, and what accounts are worth at any time and at any prices."""

import numpy as np
from msgspec import Struct

from models.lending.comet_math import (
    INDEX_SCALE,
    Absorbed,
    Backing,
    absorb,
    borrowable,
    present,
    weighted,
)
from models.lending.comet_state import Asset, CometConfig, CometState
from models.lending.edge import Betas, EdgeAccount, Prices
from models.lending.limits import price_or_none
from models.lending.positions import COLLATERAL
from models.lending.ray import WAD
from models.lending.sweep import Scales, Sweep, sweep

__all__ = ["CometConfig", "CometMarket"]

_PRICE_SCALE = 10**8


class CometHealth(Struct, frozen=True):
    """One account's health, or why it is unknown (then all numbers are None). Values: 8 decimals.

    `health_wad`: what counts against liquidation over the debt, cut; None without debt. Collateral
    that counts nothing (liquidate factor 0) is left out of `collateral_base`.
    """

    account: str
    balance: int | None  # base units, negative: owed
    collateral_base: int | None
    debt_base: int | None
    weighted_base: int | None
    borrowable_base: int | None
    health_wad: int | None
    unknown: tuple[str, ...] = ()

    @property
    def liquidatable(self) -> bool:
        """Whether `absorb` would take it."""
        return self.health_wad is not None and self.health_wad < WAD


class CometMarket(CometState):
    """A fold over the market's logs that values its accounts.

    Prices are the market's own unless others are given by asset, with 8 decimals like its own.
    """

    def exact(self, account: str, at_s: int, prices: Prices | None = None) -> CometHealth:
        """An account's health at a time, in the contract's integers, at other prices if given."""
        valued = self._valued(account, at_s, prices)
        if isinstance(valued, CometHealth):
            return valued
        balance, base, backing = valued
        debt = 0 if base is None else max(-balance, 0) * base[0] // base[1]
        safe = weighted(backing)
        return CometHealth(
            account, balance, sum(each.value for each in backing), debt, safe,
            borrowable(backing), safe * WAD // debt if debt else None,
        )  # fmt: skip

    def absorbed(self, account: str, at_s: int, prices: Prices | None = None) -> Absorbed | None:
        """What absorbing an account would do; None where it is unknown or not liquidatable."""
        valued = self._valued(account, at_s, prices)
        if isinstance(valued, CometHealth) or not self.exact(account, at_s, prices).liquidatable:
            return None
        balance, base, backing = valued
        return None if base is None else absorb(balance, base[0], base[1], backing)

    def sweep(self, at_s: int, prices: Prices | None = None, betas: Betas | None = None) -> Sweep:
        """All accounts at a time, in floating point, by row of `accounts`."""
        if self.accrual is None:
            return Sweep(*(np.full(len(self.accounts()), np.nan) for _ in range(4)))
        units = np.full((2, len(self.assets)), np.nan)
        weight = np.full((1, len(self.assets)), np.nan)
        for row, asset in enumerate(self.assets):
            price = _price(asset, prices)
            if asset.decimals is None:
                continue
            weight[0, row] = asset.liquidate_factor / WAD
            if price is not None:
                scale = 10**asset.decimals * _PRICE_SCALE
                units[0, row] = price / scale
                index = self.accrual.at(at_s).borrow_index
                units[1, row] = index * price / (scale * INDEX_SCALE)
        beta = np.array([(betas or {}).get(each.address, 0.0) for each in self.assets])
        return sweep(self.positions, Scales(units[0], units[1], weight, beta), whole_bp=False)

    def edge(self, account: str, at_s: int, prices: Prices | None = None) -> EdgeAccount | None:
        """One account as a row; None where it is unknown or has no debt."""
        found = self.exact(account, at_s, prices)
        if found.health_wad is None or found.collateral_base is None or found.debt_base is None:
            return None
        return EdgeAccount(
            self.name, account, found.health_wad / WAD, found.collateral_base / _PRICE_SCALE,
            found.debt_base / _PRICE_SCALE, None, ("liquidatable",) if found.liquidatable else (),
        )  # fmt: skip

    def _valued(
        self, account: str, at_s: int, prices: Prices | None
    ) -> CometHealth | tuple[int, tuple[int, int] | None, list[Backing]]:
        """Balance, (price, unit) of the base token where it is owed, collateral; or why not."""
        row, held, accrual = self.positions.rows.get(account), self.positions, self.accrual
        if row is None or not held.known[row]:
            return _unknown(account, "account")
        if accrual is None:
            return _unknown(account, "indices")
        now = accrual.at(at_s)
        balance = present(self._principal(row), now.supply_index, now.borrow_index)
        base, backing, reasons = None, [], []
        for at in held.entries(row):
            asset, amount = self.assets[int(held.asset[at])], held.exact[at]
            owed = held.side[at] != COLLATERAL
            if amount == 0 or (owed and balance >= 0):
                continue
            price = _price(asset, prices)
            if asset.decimals is None:
                reasons.append(f"configuration of {asset.address}")
            elif amount < 0:
                reasons.append(f"negative balance of {asset.address}")
            elif owed or asset.liquidate_factor:
                if price is None:
                    reasons.append(f"price of {asset.address}")
                elif owed:
                    base = price, 10**asset.decimals
                else:
                    backing.append(Backing(
                        amount, price, 10**asset.decimals, asset.borrow_factor,
                        asset.liquidate_factor, asset.liquidation_factor,
                    ))  # fmt: skip
        return _unknown(account, *reasons) if reasons else (balance, base, backing)


def _price(asset: Asset, prices: Prices | None) -> int | None:
    if prices and asset.address in prices:
        return price_or_none(prices[asset.address])
    return asset.price


def _unknown(account: str, *reasons: str) -> CometHealth:
    return CometHealth(account, None, None, None, None, None, None, reasons)
