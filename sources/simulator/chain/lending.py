"""A lending market, as Aave v3.3 has it: supply, withdraw, borrow, repay, e-mode, liquidation."""

from collections.abc import Mapping, Sequence

from sources.simulator.chain import liquidation
from sources.simulator.chain.contract import Contract, Frame, Revert, require
from sources.simulator.chain.health import Health, Prices, category, emode, health, used
from sources.simulator.chain.ray import WAD, ray_mul
from sources.simulator.chain.reserve import Reserve
from sources.simulator.chain.words import MOST, ZERO, Event

SUPPLY = Event("Supply(address,address,address,uint256,uint16)", 0, 2, 4)
WITHDRAW = Event("Withdraw(address,address,address,uint256)", 0, 1, 2)
BORROW = Event("Borrow(address,address,address,uint256,uint8,uint256,uint16)", 0, 2, 6)
REPAY = Event("Repay(address,address,address,uint256,bool)", 0, 1, 2)
EMODE_SET = Event("UserEModeSet(address,uint8)", 0)
USED = Event("ReserveUsedAsCollateralEnabled(address,address)", 0, 1)
UNUSED = Event("ReserveUsedAsCollateralDisabled(address,address)", 0, 1)
VARIABLE = 2


class LendingPool(Contract):
    """The pool contract. Tokens move to and from the reserves' aTokens."""

    def __init__(
        self, address: str, reserves: Sequence[Reserve], prices: Prices, treasury: str
    ) -> None:
        super().__init__(address)
        self.reserves: Mapping[str, Reserve] = {one.asset: one for one in reserves}
        self.prices = prices
        self.treasury = treasury
        self.expose("supply(address,uint256,address,uint16)", self.supply)
        self.expose("withdraw(address,uint256,address)", self._withdraw, "(uint256)")
        self.expose("borrow(address,uint256,uint256,uint16,address)", self.borrow)
        self.expose("repay(address,uint256,uint256,address)", self._repay, "(uint256)")
        self.expose("setUserEMode(uint8)", self.set_emode)
        self.expose("liquidationCall(address,address,address,uint256,bool)", self._liquidate)
        self.expose("getReservesList()", lambda *_: (list(self.reserves),), "(address[])")
        self.expose("getUserEMode(address)", lambda f, _, w: (emode(f, w),), "(uint256)")
        self.expose("getUserAccountData(address)", self._account,
                    "(uint256,uint256,uint256,uint256,uint256,uint256)")  # fmt: skip
        self.expose("getUserConfiguration(address)", self._user_bits, "(uint256)")
        self.expose(
            "getReserveData(address)", self._data,
            "(uint256,uint128,uint128,uint128,uint128,uint128,uint40,uint16,address,address,"
            "address,address,uint128,uint128,uint128)",
        )  # fmt: skip
        self.expose("getConfiguration(address)", self._configuration, "(uint256)")
        self.expose("getReserveNormalizedIncome(address)",
                    lambda f, _, a: (self.reserve(a).normal_income(f),), "(uint256)")  # fmt: skip
        self.expose("getReserveNormalizedVariableDebt(address)",
                    lambda f, _, a: (self.reserve(a).normal_debt(f),), "(uint256)")  # fmt: skip
        self.expose("getReserveDeficit(address)",
                    lambda f, _, a: (self.reserve(a).books(f).deficit,), "(uint256)")  # fmt: skip
        self.expose("getEModeCategoryCollateralConfig(uint8)",
                    self._terms, "(uint16,uint16,uint16)")  # fmt: skip
        self.expose("getEModeCategoryLabel(uint8)", lambda f, _, n: (category(f, n).label,),
                    "(string)")  # fmt: skip
        self.expose("getEModeCategoryCollateralBitmap(uint8)",
                    lambda f, _, n: (self._bits(category(f, n).collateral),),
                    "(uint128)")  # fmt: skip
        self.expose("getEModeCategoryBorrowableBitmap(uint8)",
                    lambda f, _, n: (self._bits(category(f, n).borrowable),),
                    "(uint128)")  # fmt: skip

    def reserve(self, asset: str) -> Reserve:
        """A reserve. Raises Revert for an asset that has none."""
        found = self.reserves.get(asset)
        if found is None:
            message = "ASSET_NOT_LISTED"
            raise Revert(message)
        return found

    def health(self, frame: Frame, who: str) -> Health:
        """The health of an account."""
        return health(frame, self.reserves, self.prices, who)

    def use(self, frame: Frame, asset: str, who: str, *, yes: bool) -> None:
        """Whether an asset counts as collateral of an account."""
        before = used(frame, who)
        if yes == (asset in before):
            return
        after = (*before, asset) if yes else tuple(one for one in before if one != asset)
        frame.state.set(("used", who), after)
        frame.emit(self.address, USED if yes else UNUSED, asset, who)

    # -- what accounts do ------------------------------------------------------------------------

    def supply(self, frame: Frame, sender: str, asset: str, amount: int, who: str, _: int) -> None:
        """Deposit. Raises Revert."""
        reserve = self._open(frame, asset)
        books = reserve.update(frame)
        cap = reserve.config(frame).supply_cap * reserve.token.unit
        there = ray_mul(reserve.a_token.total(frame), books.liquidity_index)
        require(not cap or there + amount <= cap, "SUPPLY_CAP_EXCEEDED")
        reserve.rates(frame, added=amount)
        reserve.token.move(frame, sender, reserve.a_token.address, amount)
        first = not reserve.a_token.scaled(frame, who)
        reserve.a_token.mint(frame, sender, who, amount, books.liquidity_index)
        if first and reserve.config(frame).ltv:
            self.use(frame, asset, who, yes=True)
        frame.emit(self.address, SUPPLY, asset, sender, who, amount, 0)

    def borrow(self, frame: Frame, sender: str, asset: str, amount: int, mode: int, _: int,
               who: str) -> None:  # fmt: skip
        """Borrow at the variable rate. Raises Revert."""
        reserve = self._open(frame, asset)
        require(mode == VARIABLE and sender == who, "INVALID_INTEREST_RATE_MODE_SELECTED")
        own = category(frame, emode(frame, who))
        require(not emode(frame, who) or asset in own.borrowable, "NOT_BORROWABLE_IN_EMODE")
        books = reserve.update(frame)
        require(amount <= books.available, "NOT_ENOUGH_AVAILABLE_LIQUIDITY")
        reserve.debt_token.mint(frame, sender, who, amount, books.variable_index)
        after = self.health(frame, who)
        require(after.debt <= after.limit, "COLLATERAL_CANNOT_COVER_NEW_BORROW")
        rate = reserve.rates(frame, taken=amount).variable_rate
        reserve.token.move(frame, reserve.a_token.address, sender, amount)
        frame.emit(self.address, BORROW, asset, sender, who, amount, VARIABLE, rate, 0)

    def set_emode(self, frame: Frame, sender: str, number: int) -> None:
        """Choose a category. Raises Revert."""
        require(number == 0 or bool(category(frame, number).label), "INCONSISTENT_EMODE_CATEGORY")
        frame.state.set(("emode", sender), number)
        require(self.health(frame, sender).factor >= WAD, "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION")
        frame.emit(self.address, EMODE_SET, sender, number)

    def _withdraw(self, frame: Frame, sender: str, asset: str, amount: int, to: str) -> tuple[int]:
        reserve = self._open(frame, asset, frozen_too=True)
        books = reserve.update(frame)
        have = reserve.a_token.balance(frame, sender)
        amount = have if amount == MOST else amount
        require(0 < amount <= have, "NOT_ENOUGH_AVAILABLE_USER_BALANCE")
        require(amount <= books.available, "NOT_ENOUGH_AVAILABLE_LIQUIDITY")
        reserve.rates(frame, taken=amount)
        if amount == have:
            self.use(frame, asset, sender, yes=False)
        reserve.a_token.burn(frame, sender, to, amount, books.liquidity_index)
        reserve.token.move(frame, reserve.a_token.address, to, amount)
        require(self.health(frame, sender).factor >= WAD, "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION")
        frame.emit(self.address, WITHDRAW, asset, sender, to, amount)
        return (amount,)

    def _repay(self, frame: Frame, sender: str, asset: str, amount: int, mode: int,
               who: str) -> tuple[int]:  # fmt: skip
        reserve = self._open(frame, asset, frozen_too=True)
        require(mode == VARIABLE, "INVALID_INTEREST_RATE_MODE_SELECTED")
        books = reserve.update(frame)
        owed = reserve.debt_token.balance(frame, who)
        require(owed > 0, "NO_DEBT_OF_SELECTED_TYPE")
        amount = min(amount, owed)
        reserve.debt_token.burn(frame, who, ZERO, amount, books.variable_index)
        reserve.rates(frame, added=amount)
        reserve.token.move(frame, sender, reserve.a_token.address, amount)
        frame.emit(self.address, REPAY, asset, who, sender, amount, False)
        return (amount,)

    def _liquidate(self, frame: Frame, sender: str, collateral: str, debt: str, who: str,
                   cover: int, receive: bool) -> None:  # fmt: skip
        order = liquidation.Order(sender, who, cover, receive)
        seized = self._open(frame, collateral, frozen_too=True)
        repaid = self._open(frame, debt, frozen_too=True)
        liquidation.liquidate(frame, self, seized, repaid, order)

    def _open(self, frame: Frame, asset: str, *, frozen_too: bool = False) -> Reserve:
        reserve = self.reserve(asset)
        config = reserve.config(frame)
        require(config.active and not config.paused, "RESERVE_PAUSED")
        require(frozen_too or not config.frozen, "RESERVE_FROZEN")
        return reserve

    # -- views -----------------------------------------------------------------------------------

    def _bits(self, assets: Sequence[str]) -> int:
        return sum(1 << self.reserve(asset).place for asset in assets)

    def _terms(self, frame: Frame, _: str, number: int) -> tuple[int, int, int]:
        own = category(frame, number)
        return own.ltv, own.threshold, own.bonus

    def _user_bits(self, frame: Frame, _: str, who: str) -> tuple[int]:
        bits = 0
        for asset, one in self.reserves.items():
            bits |= bool(one.debt_token.scaled(frame, who)) << 2 * one.place
            bits |= (asset in used(frame, who)) << 2 * one.place + 1
        return (bits,)

    def _account(self, frame: Frame, _: str, who: str) -> tuple[int, int, int, int, int, int]:
        own = self.health(frame, who)
        free = max(0, own.limit - own.debt)
        threshold = own.factor * own.debt // WAD * 10_000 // own.collateral if own.debt else 0
        ltv = own.limit * 10_000 // own.collateral if own.collateral else 0
        return own.collateral, own.debt, free, threshold, ltv, own.factor

    def _configuration(self, frame: Frame, _: str, asset: str) -> tuple[int]:
        reserve = self.reserve(asset)
        c = reserve.config(frame)
        return (
            c.ltv | c.threshold << 16 | c.bonus << 32 | reserve.token.decimals << 48
            | c.active << 56 | c.frozen << 57 | 1 << 58 | c.paused << 60
            | c.reserve_factor << 64 | c.borrow_cap << 80 | c.supply_cap << 116
            | c.protocol_fee << 152 | c.debt_ceiling << 212,
        )  # fmt: skip

    def _data(self, frame: Frame, _: str, asset: str) -> tuple[object, ...]:
        reserve = self.reserve(asset)
        books = reserve.books(frame)
        return (
            *self._configuration(frame, "", asset), books.liquidity_index, books.liquidity_rate,
            books.variable_index, books.variable_rate, 0, books.updated_s, reserve.place,
            reserve.a_token.address, ZERO, reserve.debt_token.address, ZERO, books.treasury, 0, 0,
        )  # fmt: skip
