"""A liquidation as Aave 3.3 does it: close factor, bonus, protocol fee, bad debt.

All of a debt, unless collateral and debt are both worth 2000 USD or more and HF > 0.95: then at
most half of the account's whole debt. What is left of either must be nothing or 1000 USD.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sources.simulator.chain.contract import Frame, require
from sources.simulator.chain.health import Health, emode, terms, used
from sources.simulator.chain.ray import WAD, percent_div, percent_mul
from sources.simulator.chain.reserve import Reserve
from sources.simulator.chain.words import ZERO, Event

if TYPE_CHECKING:
    from sources.simulator.chain.lending import LendingPool

LIQUIDATION_CALL = Event(
    "LiquidationCall(address,address,address,uint256,uint256,address,bool)", 0, 1, 2
)
DEFICIT_CREATED = Event("DeficitCreated(address,address,uint256)", 0, 1)
SMALL_USD: Final = 2_000 * 10**8
DUST_USD: Final = 1_000 * 10**8
CLOSE_ALL_BELOW: Final = 95 * WAD // 100
HALF: Final = 5_000


@dataclass(frozen=True, slots=True)
class Order:
    """What a liquidator asks for."""

    liquidator: str
    account: str
    cover: int
    receive_a_token: bool


@dataclass(frozen=True, slots=True)
class Seizure:
    """What a repayment takes: to the liquidator, to the treasury."""

    repaid: int
    seized: int
    fee: int


def most_repaid(health: Health, collateral_usd: int, debt_usd: int, owed: int, price: int,
                unit: int) -> int:  # fmt: skip
    """How much of a debt may be repaid at once."""
    big = collateral_usd >= SMALL_USD and debt_usd >= SMALL_USD
    half = percent_mul(health.debt, HALF)
    if big and health.factor > CLOSE_ALL_BELOW and debt_usd > half:
        return half * unit // price
    return owed


def seizure(repaid: int, there: int, prices: tuple[int, int], units: tuple[int, int], bonus: int,
            fee_bp: int) -> Seizure:  # fmt: skip
    """Collateral for a repayment; of prices and units the collateral's come first.

    >>> btc, usdc = 10**8, 10**6
    >>> seizure(55_000 * usdc, 2 * btc, (68_000 * 10**8, 10**8), (btc, usdc), 10_500, 1_000)
    Seizure(repaid=55000000000, seized=84522058, fee=404412)
    """
    worth = prices[1] * repaid * units[0] // (prices[0] * units[1])
    taken = percent_mul(worth, bonus)
    if taken > there:
        taken = there
        worth = prices[0] * taken * units[1] // (prices[1] * units[0])
        repaid = percent_div(worth, bonus)
    fee = percent_mul(taken - percent_div(taken, bonus), fee_bp)
    return Seizure(repaid, taken - fee, fee)


def liquidate(
    frame: Frame, pool: "LendingPool", collateral: Reserve, debt: Reserve, order: Order
) -> None:
    """Repay for an account and take its collateral. Raises Revert."""
    who = order.account
    books, debt_books = collateral.update(frame), debt.update(frame)
    before = pool.health(frame, who)
    owed = debt.debt_token.balance(frame, who)
    there = collateral.a_token.balance(frame, who)
    require(before.factor < WAD, "HEALTH_FACTOR_NOT_BELOW_THRESHOLD")
    require(collateral.asset in used(frame, who), "COLLATERAL_CANNOT_BE_LIQUIDATED")
    require(owed > 0, "SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER")
    prices = pool.prices.price(frame, collateral.asset), pool.prices.price(frame, debt.asset)
    units = collateral.token.unit, debt.token.unit
    usd = there * prices[0] // units[0], owed * prices[1] // units[1]
    most = most_repaid(before, usd[0], usd[1], owed, prices[1], units[1])
    _, _, bonus = terms(frame, collateral, emode(frame, who))
    fee_bp = collateral.config(frame).protocol_fee
    done = seizure(min(order.cover, most), there, prices, units, bonus, fee_bp)
    taken = done.seized + done.fee
    if done.repaid < owed and taken < there:
        left = (there - taken) * prices[0] // units[0], (owed - done.repaid) * prices[1] // units[1]
        require(min(left) >= DUST_USD, "MUST_NOT_LEAVE_DUST")
    nothing_left = before.collateral == taken * prices[0] // units[0]
    burnt = owed if nothing_left else done.repaid
    debt.debt_token.burn(frame, who, ZERO, burnt, debt_books.variable_index)
    if burnt > done.repaid:
        _write_off(frame, pool, debt, who, burnt - done.repaid)
    debt.rates(frame, added=done.repaid)
    if taken == there:
        pool.use(frame, collateral.asset, who, yes=False)
    index = books.liquidity_index
    if order.receive_a_token:
        collateral.a_token.transfer(frame, who, order.liquidator, done.seized, index)
    else:
        collateral.rates(frame, taken=done.seized)
        collateral.a_token.burn(frame, who, order.liquidator, done.seized, index)
        collateral.token.move(frame, collateral.a_token.address, order.liquidator, done.seized)
    if done.fee:
        collateral.a_token.transfer(frame, who, pool.treasury, done.fee, index)
    if nothing_left:
        _write_off_all(frame, pool, who)
    debt.token.move(frame, order.liquidator, debt.a_token.address, done.repaid)
    frame.emit(
        pool.address, LIQUIDATION_CALL, collateral.asset, debt.asset, who, done.repaid,
        done.seized, order.liquidator, order.receive_a_token,
    )  # fmt: skip


def _write_off(frame: Frame, pool: "LendingPool", reserve: Reserve, who: str, amount: int) -> None:
    reserve.add_deficit(frame, amount)
    frame.emit(pool.address, DEFICIT_CREATED, who, reserve.asset, amount)


def _write_off_all(frame: Frame, pool: "LendingPool", who: str) -> None:
    """The other debts of an account that has no collateral any more."""
    for reserve in pool.reserves.values():
        if reserve.debt_token.scaled(frame, who):
            books = reserve.update(frame)
            owed = reserve.debt_token.balance(frame, who)
            reserve.debt_token.burn(frame, who, ZERO, owed, books.variable_index)
            _write_off(frame, pool, reserve, who, owed)
            reserve.rates(frame)
