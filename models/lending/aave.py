"""One Aave market: its state, and what accounts are worth at any time and at any prices."""

from collections.abc import Iterable

import numpy as np

from models.lending import ray
from models.lending.aave_state import AaveConfig, AaveState
from models.lending.edge import Betas, EdgeAccount, Prices
from models.lending.health import AccountHealth, Holding, account_health, unknown_account
from models.lending.limits import price_or_none
from models.lending.liquidation import Outcome, Side, liquidate
from models.lending.positions import COLLATERAL, DEBT
from models.lending.reserve import MOST_CATEGORY, EMode, Reserve, terms
from models.lending.sweep import Scales, Sweep, sweep

__all__ = ["AaveConfig", "AaveMarket"]


class AaveMarket(AaveState):
    """A fold over the market's logs that values its accounts.

    Prices are the market's own unless others are given by asset, as integers like its own: so the
    same accounts can be valued at pending prices and at those of other markets.
    """

    def holdings(self, account: str, prices: Prices | None = None) -> list[Holding]:
        """What an account has and owes; nothing when it was never seen."""
        row, held = self.positions.rows.get(account), self.positions
        if row is None:
            return []
        return [
            Holding(
                reserve := self.reserves[int(held.asset[at])], int(held.side[at]),
                bool(held.used[at]), held.exact[at], self._price(reserve, prices),
            )
            for at in held.entries(row)
        ]  # fmt: skip

    def exact(self, account: str, at_s: int, prices: Prices | None = None) -> AccountHealth:
        """An account's health at a time, in the contract's integers, at other prices if given."""
        row = self.positions.rows.get(account)
        if row is None or not self.positions.known[row]:
            return unknown_account(account, "account")
        mode = int(self.positions.mode[row])
        emode = self.emodes.get(mode) if mode else None
        held = self.holdings(account, prices)
        return account_health(self.config.version, account, held, mode, emode, at_s)

    def sweep(self, at_s: int, prices: Prices | None = None, betas: Betas | None = None) -> Sweep:
        """All accounts at a time, in floating point, by row of `accounts`."""
        scales = self._scales(at_s, prices, betas or {})
        return sweep(self.positions, scales, self.config.version.average_threshold)

    def edge(self, account: str, at_s: int, prices: Prices | None = None) -> EdgeAccount | None:
        """One account as a row; None where it is unknown or has no debt."""
        found = self.exact(account, at_s, prices)
        if found.health_wad is None or found.collateral_base is None or found.debt_base is None:
            return None
        flags = [name for name in ("liquidatable", "blocked", "isolated", "zero_ltv")
                 if getattr(found, name)]  # fmt: skip
        base = 10**self.config.base_decimals
        return EdgeAccount(
            self.name, account, found.health_wad / ray.WAD, found.collateral_base / base,
            found.debt_base / base, None, (*flags, "emode") if found.emode else tuple(flags),
        )  # fmt: skip

    def liquidation(
        self,
        account: str,
        collateral: str,
        debt: str,
        at_s: int,
        ask: int | None = None,
        prices: Prices | None = None,
    ) -> Outcome | None:
        """What liquidating an account's debt against one collateral would do; `ask` None: the most.

        None where it is impossible: unknown or healthy, a reserve closed, no such debt, or the
        collateral not in use.
        """
        found, version = self.exact(account, at_s, prices), self.config.version
        held = {(each.reserve.address, each.side): each for each in self.holdings(account, prices)}
        has, owes = held.get((collateral, COLLATERAL)), held.get((debt, DEBT))
        if found.health_wad is None or has is None or owes is None or not has.used:
            return None
        if not (has.reserve.open_at(at_s) and owes.reserve.open_at(at_s)):
            return None
        read, lent = has.reserve.reading, owes.reserve.reading
        emode = self.emodes.get(found.emode) if found.emode else None
        if read is None or lent is None or not has.price or not owes.price:
            return None
        at = terms(version, read, emode)
        if at.threshold_bp == 0 or at.bonus_bp == 0:
            return None
        amount = version.balance(has.scaled, has.reserve.income_index(version, at_s))
        owed = version.debt(owes.scaled, owes.reserve.debt_index(version, at_s))
        return liquidate(
            version, owed if ask is None else ask, found.health_wad,
            Side(amount, has.price, 10**read.decimals), Side(owed, owes.price, 10**lent.decimals),
            at.bonus_bp, read.protocol_fee_bp, found.collateral_base or 0, found.debt_base or 0,
        )  # fmt: skip

    def _price(self, reserve: Reserve, prices: Prices | None) -> int | None:
        if prices and reserve.address in prices:
            return price_or_none(prices[reserve.address])
        return reserve.price

    def _scales(self, at_s: int, prices: Prices | None, betas: Betas) -> Scales:
        count, version = len(self.reserves), self.config.version
        units = np.full((2, count), np.nan)
        weight = np.full((MOST_CATEGORY + 1, count), np.nan)
        emodes: Iterable[tuple[int, EMode | None]] = [(0, None), *self.emodes.items()]
        for row, reserve in enumerate(self.reserves):
            read, price = reserve.reading, self._price(reserve, prices)
            if read is None:
                continue
            for category, emode in emodes:
                weight[category, row] = terms(version, read, emode).threshold_bp / ray.BP
            if price is not None and reserve.updated_s is not None:
                per_unit = ray.RAY * 10 ** (read.decimals + self.config.base_decimals)
                units[0, row] = reserve.income_index(version, at_s) * price / per_unit
                units[1, row] = reserve.debt_index(version, at_s) * price / per_unit
        beta = np.array([betas.get(each.address, 0.0) for each in self.reserves])
        return Scales(units[0], units[1], weight, beta)
