"""What follows from a Compound v3 market's logs: indices, prices, all accounts, as a fold.

Logs tell amounts, not principals; a principal is computed with the indices of the block's time,
which are accrued at the rates of the last CometReading. Rates follow utilisation, so between two
readings principals may be off by (error of the rate) · (time), a part in 10^8 or so per hour; an
AccountReading puts them right.
"""

from typing import Final

from msgspec import Struct, json, structs

from models.lending.comet_math import accrued, present, principal_of
from models.lending.limits import MOST_DECIMALS, possible, price_or_none
from models.lending.positions import COLLATERAL, DEBT, Positions, Undo
from schemas.chain import BlockAt
from schemas.chain_event import (
    AbsorbCollateral,
    AbsorbDebt,
    AccountReading,
    AssetPrice,
    CometCollateral,
    CometReading,
    CometSupply,
    Event,
)

OWNED: Final = 2  # the side of a positive principal
_MOST_ASSETS: Final = 256


class CometConfig(Struct, frozen=True):
    """`contracts`: the market's own address and whatever address its readings carry.

    `complete`: logs begin with the market's first block, so that accounts are known without a
    reading. Prices have 8 decimals.
    """

    name: str
    contracts: frozenset[str]
    complete: bool = False


class Asset(Struct, frozen=True):
    """The base token or a collateral; `decimals` None: no reading has named it."""

    address: str
    decimals: int | None = None
    borrow_factor: int = 0
    liquidate_factor: int = 0
    liquidation_factor: int = 0
    supply_cap: int = 0
    price: int | None = None


class Accrual(Struct, frozen=True):
    """Indices (1e15) as of a time, and rates per second (1e18)."""

    base: str
    supply_index: int
    borrow_index: int
    supply_rate: int
    borrow_rate: int
    at_s: int

    def at(self, at_s: int) -> "Accrual":
        """Accrued to a time; itself at an earlier one."""
        elapsed_s = at_s - self.at_s
        if elapsed_s <= 0:
            return self
        supply = accrued(self.supply_index, self.supply_rate, elapsed_s)
        borrow = accrued(self.borrow_index, self.borrow_rate, elapsed_s)
        return structs.replace(self, supply_index=supply, borrow_index=borrow, at_s=at_s)


class _Saved(Struct, array_like=True):
    accrual: Accrual | None
    assets: list[Asset]
    positions: str


class CometState:
    """A `Fold`. An account is unknown until a reading of it (unless the config says complete)."""

    def __init__(self, config: CometConfig) -> None:
        self.config = config
        self.name = config.name
        self.accrual: Accrual | None = None
        self.assets: list[Asset] = []
        self.positions = Positions()
        self._rows: dict[str, int] = {}

    def apply(self, at: BlockAt, address: str, event: Event) -> tuple[Undo, ...] | None:
        """Take a log or a reading; what `undo` needs, or None when nothing changes by it."""
        if address not in self.config.contracts or not possible(event):
            return None
        done: list[Undo] = []
        if isinstance(event, CometReading):
            self._read(event, done)
        elif isinstance(event, AssetPrice):
            row = self._row(event.asset, done)
            if row is not None:
                asset = structs.replace(self.assets[row], price=price_or_none(event.price_e8))
                self._set_asset(row, asset, done)
        elif isinstance(event, CometSupply):
            self._move_base(at, event.account, event.amount, done)
        elif isinstance(event, AbsorbDebt):
            self._move_base(at, event.account, event.base_paid, done)
        elif isinstance(event, CometCollateral):
            self._move_collateral(event.account, event.asset, event.amount, done)
        elif isinstance(event, AbsorbCollateral):
            self._move_collateral(event.account, event.asset, -event.amount, done)
        elif isinstance(event, AccountReading):
            self._read_account(event, done)
        return tuple(done) or None

    def undo(self, done: tuple[Undo, ...]) -> None:
        """Take back what `apply` returned."""
        for each in reversed(done):
            what, at, old = each
            if what == "accrual":
                self.accrual = old
            elif what == "asset" and old is None:
                del self._rows[self.assets.pop().address]
            elif what == "asset":
                self.assets[at] = old
            else:
                self.positions.undo(each)

    def snapshot(self) -> bytes:
        """Everything but the configuration."""
        return json.encode(_Saved(self.accrual, self.assets, self.positions.snapshot().decode()))

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        read = json.decode(state, type=_Saved)
        self.accrual, self.assets = read.accrual, read.assets
        self.positions.restore(read.positions.encode())
        self._rows = {each.address: row for row, each in enumerate(self.assets)}

    def accounts(self) -> list[str]:
        """All accounts ever seen, by row."""
        return self.positions.names

    def asset(self, address: str) -> Asset | None:
        """What is known of a token."""
        row = self._rows.get(address)
        return None if row is None else self.assets[row]

    def principal(self, account: str) -> int | None:
        """Positive: owned; negative: owed; None: the account was never seen."""
        row = self.positions.rows.get(account)
        return None if row is None else self._principal(row)

    # -- changes -----------------------------------------------------------------------------------

    def _read(self, event: CometReading, done: list[Undo]) -> None:
        self._set_accrual(Accrual(
            event.base, event.supply_index, event.borrow_index, event.supply_rate,
            event.borrow_rate, event.accrued_at_s,
        ), done)  # fmt: skip
        base = Asset(event.base, event.base_decimals)
        for asset in (base, *(Asset(*numbers) for numbers in event.assets)):
            row = self._row(asset.address, done) if (asset.decimals or 0) <= MOST_DECIMALS else None
            if row is not None:
                price = self.assets[row].price
                self._set_asset(row, structs.replace(asset, price=price), done)

    def _read_account(self, event: AccountReading, done: list[Undo]) -> None:
        """Put the reading in place of whatever was there; the market's own has to come first."""
        held = self.positions
        if self.accrual is None:
            return
        row = held.account(event.account, self.config.complete, done)
        fresh: dict[int, int] = {}
        for amounts, base_side in ((event.collateral, OWNED), (event.debt, DEBT)):
            for address, amount in amounts:
                asset = self._row(address, done)
                if asset is not None:
                    owed = base_side == DEBT
                    side = base_side if owed or address == self.accrual.base else COLLATERAL
                    entry = held.entry(row, asset, side, done)
                    held.set_used(entry, side == COLLATERAL, done)
                    fresh[entry] = amount
        for entry in held.entries(row):
            held.set_amount(entry, fresh.get(entry, 0), done)
        held.set_known(row, done)

    def _move_base(self, at: BlockAt, account: str, amount: int, done: list[Undo]) -> None:
        base = self._row(self.accrual.base, done) if self.accrual is not None else None
        if self.accrual is None or base is None:
            return
        now = self.accrual.at(at.timestamp_s)
        self._set_accrual(now, done)
        row = self.positions.account(account, self.config.complete, done)
        balance = present(self._principal(row), now.supply_index, now.borrow_index) + amount
        principal = principal_of(balance, now.supply_index, now.borrow_index)
        for side, part in ((DEBT, max(-principal, 0)), (OWNED, max(principal, 0))):
            if part or self.positions.find(row, base, side) >= 0:
                entry = self.positions.entry(row, base, side, done)
                self.positions.set_amount(entry, part, done)

    def _move_collateral(self, account: str, address: str, step: int, done: list[Undo]) -> None:
        asset = self._row(address, done)
        if asset is not None:
            row = self.positions.account(account, self.config.complete, done)
            entry = self.positions.entry(row, asset, COLLATERAL, done)
            self.positions.set_used(entry, True, done)
            self.positions.set_amount(entry, self.positions.exact[entry] + step, done)

    def _principal(self, row: int) -> int:
        held = self.positions
        return sum(
            -held.exact[at] if held.side[at] == DEBT else held.exact[at]
            for at in held.entries(row)
            if held.side[at] != COLLATERAL
        )

    def _row(self, address: str, done: list[Undo]) -> int | None:
        """A token's row, made if need be; None when there are too many."""
        row = self._rows.get(address)
        if row is None and len(self.assets) < _MOST_ASSETS:
            row = self._rows[address] = len(self.assets)
            self.assets.append(Asset(address))
            done.append(("asset", row, None))
        return row

    def _set_asset(self, row: int, asset: Asset, done: list[Undo]) -> None:
        if asset != self.assets[row]:
            done.append(("asset", row, self.assets[row]))
            self.assets[row] = asset

    def _set_accrual(self, accrual: Accrual, done: list[Undo]) -> None:
        if accrual != self.accrual:
            done.append(("accrual", 0, self.accrual))
            self.accrual = accrual
