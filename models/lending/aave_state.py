"""What follows from an Aave market's logs: reserves, e-modes, prices and all accounts, as a fold.

A number that no contract of this kind can hold (2^128 and more, or negative) is no log of one: the
event changes nothing; a price out of range is unknown.
"""

from typing import Any, Final

from msgspec import Struct, json, structs

from models.lending import ray
from models.lending.limits import MOST_DECIMALS, possible, price_or_none
from models.lending.positions import COLLATERAL, DEBT, Positions, Undo
from models.lending.reserve import (
    MOST_CATEGORY,
    EMode,
    Reserve,
    changed_emodes,
    changed_reserve,
)
from models.lending.version import Version
from schemas.chain import BlockAt
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    CollateralUse,
    DeficitCreated,
    EModeReading,
    EModeSet,
    Event,
    ParameterChange,
    ReserveData,
    ReserveReading,
    ScaledBurn,
    ScaledMint,
    ScaledTransfer,
)

_MOST_RESERVES: Final = 1024  # a pool takes 128; more is no pool


class AaveConfig(Struct, frozen=True):
    """What has to be said about a market before its first log.

    `contracts`: pool, configurator, oracle and whatever address its readings carry; tokens are
    learnt from the reserves. `complete`: logs begin with the market's first block, so that accounts
    are known without a reading. `base_decimals`: of prices (v3: 8; v2 on Ethereum has ETH: 18).
    """

    name: str
    version: Version
    contracts: frozenset[str]
    base_decimals: int = 8
    complete: bool = False


class _Saved(Struct, array_like=True):
    reserves: list[Reserve]
    emodes: list[tuple[int, EMode]]
    positions: str


class AaveState:
    """A `Fold`. An account is unknown until a reading of it (unless the config says complete).

    A log of a token counts once a reading or a ReserveInitialized has named the token; so a market
    is read before its logs. LiquidationCall changes nothing here: the burns beside it do.
    """

    def __init__(self, config: AaveConfig) -> None:
        self.config = config
        self.name = config.name
        self.positions = Positions()
        self.reserves: list[Reserve] = []
        self.emodes: dict[int, EMode] = {}
        self._rows: dict[str, int] = {}
        self._tokens: dict[str, tuple[int, int]] = {}  # token: reserve row, side

    def apply(self, at: BlockAt, address: str, event: Event) -> tuple[Undo, ...] | None:
        """Take a log or a reading; what `undo` needs, or None when nothing changes by it."""
        done: list[Undo] = []
        if not possible(event):
            return None
        if isinstance(event, ScaledMint | ScaledBurn | ScaledTransfer):
            token = self._tokens.get(address)
            if token is not None and event.index > 0:
                self._scaled(token, event, done)
        elif address in self.config.contracts:
            self._market(at, event, done)
        return tuple(done) or None

    def undo(self, done: tuple[Undo, ...]) -> None:
        """Take back what `apply` returned."""
        for each in reversed(done):
            what, at, old = each
            if what == "reserve":
                self._put(at, old)
            elif what == "emode":
                self._put_emode(at, old)
            else:
                self.positions.undo(each)

    def snapshot(self) -> bytes:
        """Everything but the configuration."""
        emodes = sorted(self.emodes.items(), key=lambda pair: pair[0])
        state = _Saved(self.reserves, emodes, self.positions.snapshot().decode())
        return json.encode(state, order="deterministic")

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`."""
        read = json.decode(state, type=_Saved)
        self.reserves, self.emodes = read.reserves, dict(read.emodes)
        self.positions.restore(read.positions.encode())
        self._rows = {each.address: row for row, each in enumerate(self.reserves)}
        self._learn_tokens()

    def accounts(self) -> list[str]:
        """All accounts ever seen, by row."""
        return self.positions.names

    def reserve(self, address: str) -> Reserve | None:
        """What is known of a reserve."""
        row = self._rows.get(address)
        return None if row is None else self.reserves[row]

    # -- changes -----------------------------------------------------------------------------------

    def _scaled(
        self,
        token: tuple[int, int],
        event: ScaledMint | ScaledBurn | ScaledTransfer,
        done: list[Undo],
    ) -> None:
        if isinstance(event, ScaledTransfer):
            scaled = event.scaled
            if not self.config.version.scaled_transfers:
                scaled = ray.ray_div(scaled, event.index)
            for name, step in ((event.sender, -scaled), (event.recipient, scaled)):
                at = self._entry(name, token, done)
                self.positions.set_amount(at, self.positions.exact[at] + step, done)
            return
        change = (
            event.value - event.balance_increase
            if isinstance(event, ScaledMint)
            else -(event.value + event.balance_increase)
        )
        if change == 0:
            return  # interest was booked, the scaled amount is as before
        at = self._entry(event.account, token, done)
        known = bool(self.positions.known[self.positions.owner[at]])
        before = self.positions.exact[at]
        owed = token[1] == DEBT
        after = self.config.version.scaled_after(before, change, event.index, owed, known)
        self.positions.set_amount(at, after, done)

    def _market(self, at: BlockAt, event: Event, done: list[Undo]) -> None:
        if isinstance(event, ReserveData):
            self._replace(
                event.reserve, done,
                liquidity_index=event.liquidity_index, liquidity_rate=event.liquidity_rate,
                variable_index=event.variable_index, variable_rate=event.variable_rate,
                updated_s=at.timestamp_s,
            )  # fmt: skip
        elif isinstance(event, AssetPrice):
            self._replace(event.asset, done, price=price_or_none(event.price_e8))
        elif isinstance(event, CollateralUse):
            row = self._row(event.reserve, done)
            if row is not None:
                entry = self._entry(event.account, (row, COLLATERAL), done)
                self.positions.set_used(entry, event.used, done)
        elif isinstance(event, EModeSet):
            if 0 <= event.category <= MOST_CATEGORY:
                account = self.positions.account(event.account, self.config.complete, done)
                self.positions.set_mode(account, event.category, done)
        elif isinstance(event, AccountReading):
            self._read_account(event, done)
        elif isinstance(event, ReserveReading):
            if 0 <= event.decimals <= MOST_DECIMALS:
                self._replace(
                    event.reserve, done, reading=event,
                    a_token=event.a_token, debt_token=event.debt_token,
                )  # fmt: skip
        elif isinstance(event, EModeReading):
            if 0 < event.category <= MOST_CATEGORY:
                old = self.emodes.get(event.category, EMode())
                self._set_emode(event.category, structs.replace(
                    old, ltv_bp=event.ltv_bp, threshold_bp=event.threshold_bp,
                    bonus_bp=event.bonus_bp, collateral=frozenset(event.collateral),
                    borrowable=frozenset(event.borrowable),
                ), done)  # fmt: skip
        elif isinstance(event, ParameterChange):
            self._change_reserve(event, done)
            for category, emode in changed_emodes(self.emodes, event).items():
                self._set_emode(category, emode, done)
        elif isinstance(event, DeficitCreated):
            step = -event.amount if event.covered else event.amount
            reserve = self.reserve(event.debt)
            self._replace(event.debt, done, deficit=(reserve.deficit if reserve else 0) + step)

    def _change_reserve(self, event: ParameterChange, done: list[Undo]) -> None:
        """A reserve that is not known yet is made by what names its tokens."""
        made = event.name in ("a_token", "variable_debt_token")
        row = self._row(event.about, done) if made else self._rows.get(event.about)
        if row is not None:
            self._set(row, changed_reserve(self.reserves[row], event), done)

    def _read_account(self, event: AccountReading, done: list[Undo]) -> None:
        """Put the reading in place of whatever was there."""
        held, used = self.positions, set(event.used)
        row = held.account(event.account, self.config.complete, done)
        fresh: dict[int, int] = {}
        for side, amounts in ((COLLATERAL, event.collateral), (DEBT, event.debt)):
            for address, scaled in amounts:
                asset = self._row(address, done)
                if asset is not None:
                    fresh[held.entry(row, asset, side, done)] = scaled
        for address in event.used:
            asset = self._row(address, done)
            if asset is not None:
                held.entry(row, asset, COLLATERAL, done)
        for at in held.entries(row):
            held.set_amount(at, fresh.get(at, 0), done)
            if held.side[at] == COLLATERAL:
                held.set_used(at, self.reserves[int(held.asset[at])].address in used, done)
        held.set_mode(row, event.emode if 0 <= event.emode <= MOST_CATEGORY else 0, done)
        held.set_known(row, done)

    def _entry(self, account: str, token: tuple[int, int], done: list[Undo]) -> int:
        row = self.positions.account(account, self.config.complete, done)
        return self.positions.entry(row, token[0], token[1], done)

    def _row(self, address: str, done: list[Undo]) -> int | None:
        """A reserve's row, made if need be; None when there are too many."""
        row = self._rows.get(address)
        if row is None and len(self.reserves) < _MOST_RESERVES:
            row = len(self.reserves)
            self._put(row, Reserve(address))
            done.append(("reserve", row, None))
        return row

    def _replace(self, address: str, done: list[Undo], **fields: Any) -> None:
        row = self._row(address, done)
        if row is not None:
            self._set(row, structs.replace(self.reserves[row], **fields), done)

    def _set(self, row: int, reserve: Reserve, done: list[Undo]) -> None:
        if reserve != self.reserves[row]:
            done.append(("reserve", row, self.reserves[row]))
            self._put(row, reserve)

    def _put(self, row: int, reserve: Reserve | None) -> None:
        if reserve is None:
            del self._rows[self.reserves.pop().address]
        elif row == len(self.reserves):
            self.reserves.append(reserve)
            self._rows[reserve.address] = row
        else:
            old, self.reserves[row] = self.reserves[row], reserve
            if _tokens(reserve) != _tokens(old):
                self._learn_tokens()

    def _learn_tokens(self) -> None:
        self._tokens = {
            token: (row, side)
            for row, reserve in enumerate(self.reserves)
            for side, token in enumerate(_tokens(reserve))
            if token is not None
        }

    def _set_emode(self, category: int, emode: EMode, done: list[Undo]) -> None:
        old = self.emodes.get(category)
        if emode != old:
            done.append(("emode", category, old))
            self._put_emode(category, emode)

    def _put_emode(self, category: int, emode: EMode | None) -> None:
        if emode is None:
            del self.emodes[category]
        else:
            self.emodes[category] = emode


def _tokens(reserve: Reserve) -> tuple[str | None, str | None]:
    """By side: COLLATERAL, DEBT."""
    return reserve.a_token, reserve.debt_token
