"""A reserve of a lending market: its indices and rates, its configuration, its tokens.

deposits grow linearly, debt compounds; both from the rates of the last update
usage = debt / (debt + available);  two slopes, with a kink at the optimal usage
"""

from dataclasses import dataclass, replace

from sources.simulator.chain.contract import Frame
from sources.simulator.chain.ray import (
    PERCENT,
    RAY,
    compounded,
    linear,
    percent_mul,
    ray_div,
    ray_mul,
)
from sources.simulator.chain.scaled_token import ScaledToken
from sources.simulator.chain.token import Token
from sources.simulator.chain.words import Event

RESERVE_DATA_UPDATED = Event(
    "ReserveDataUpdated(address,uint256,uint256,uint256,uint256,uint256)", 0
)


@dataclass(frozen=True, slots=True)
class Config:
    """Parameters in basis points, caps in whole tokens (0: none)."""

    ltv: int
    threshold: int
    bonus: int  # 10500: 5 % more than is repaid
    reserve_factor: int = 1_500
    protocol_fee: int = 1_000  # of the bonus
    supply_cap: int = 0
    borrow_cap: int = 0
    active: bool = True
    frozen: bool = False
    paused: bool = False
    debt_ceiling: int = 0


@dataclass(frozen=True, slots=True)
class Curve:
    """Interest per year as ray: slopes up to the optimal usage, and beyond it."""

    optimal: int
    slope1: int
    slope2: int


@dataclass(frozen=True, slots=True)
class Books:
    """What a reserve remembers."""

    liquidity_index: int = RAY
    variable_index: int = RAY
    liquidity_rate: int = 0
    variable_rate: int = 0
    updated_s: int = 0
    available: int = 0
    treasury: int = 0  # scaled
    deficit: int = 0


class Reserve:
    """One asset of a market. Its tokens are made with it."""

    def __init__(
        self, market: str, place: int, token: Token, curve: Curve, addresses: tuple[str, str]
    ) -> None:
        self.market = market
        self.place = place  # its id in bit maps
        self.token = token
        self.asset = token.address
        self._curve = curve
        name, decimals = token.symbol, token.decimals
        self.a_token = ScaledToken(
            addresses[0], f"a{name}", decimals, self.asset, self.normal_income
        )
        self.debt_token = ScaledToken(
            addresses[1], f"variableDebt{name}", decimals, self.asset, self.normal_debt
        )

    def books(self, frame: Frame) -> Books:
        """Indices and rates as of the last update."""
        found: Books = frame.state.get(("books", self.asset), Books())
        return found

    def config(self, frame: Frame) -> Config:
        """Parameters."""
        found: Config = frame.state.get(("config", self.asset), Config(0, 0, 0))
        return found

    def set_config(self, frame: Frame, config: Config) -> None:
        """Change parameters."""
        frame.state.set(("config", self.asset), config)

    def normal_income(self, frame: Frame) -> int:
        """What scaled deposits are multiplied with now."""
        books = self.books(frame)
        grown = linear(books.liquidity_rate, frame.timestamp_s - books.updated_s)
        return ray_mul(grown, books.liquidity_index)

    def normal_debt(self, frame: Frame) -> int:
        """What scaled debt is multiplied with now."""
        books = self.books(frame)
        grown = compounded(books.variable_rate, frame.timestamp_s - books.updated_s)
        return ray_mul(grown, books.variable_index)

    def update(self, frame: Frame) -> Books:
        """Bring the indices to now."""
        old = self.books(frame)
        if old.updated_s == frame.timestamp_s:
            return old
        income = self.normal_income(frame) if old.liquidity_rate else old.liquidity_index
        scaled = self.debt_token.total(frame)
        debt = self.normal_debt(frame) if scaled else old.variable_index
        grown = ray_mul(scaled, debt) - ray_mul(scaled, old.variable_index)
        share = percent_mul(grown, self.config(frame).reserve_factor)
        books = replace(
            old, liquidity_index=income, variable_index=debt, updated_s=frame.timestamp_s,
            treasury=old.treasury + (ray_div(share, income) if share else 0),
        )  # fmt: skip
        self._put(frame, books)
        return books

    def rates(self, frame: Frame, added: int = 0, taken: int = 0) -> Books:
        """New rates, after liquidity was added or taken; the log says all of it."""
        books = self.books(frame)
        available = books.available + added - taken
        debt = ray_mul(self.debt_token.total(frame), books.variable_index)
        variable = liquidity = 0
        if debt:
            usage = ray_div(debt, debt + available)
            curve = self._curve
            if usage > curve.optimal:
                excess = ray_div(usage - curve.optimal, RAY - curve.optimal)
                variable = curve.slope1 + ray_mul(curve.slope2, excess)
            else:
                variable = ray_div(ray_mul(curve.slope1, usage), curve.optimal)
            kept = PERCENT - self.config(frame).reserve_factor
            liquidity = percent_mul(ray_mul(variable, usage), kept)
        books = replace(
            books, available=available, variable_rate=variable, liquidity_rate=liquidity
        )
        self._put(frame, books)
        frame.emit(
            self.market, RESERVE_DATA_UPDATED, self.asset, liquidity, 0, variable,
            books.liquidity_index, books.variable_index,
        )  # fmt: skip
        return books

    def add_deficit(self, frame: Frame, amount: int) -> None:
        """Debt that nobody will pay."""
        books = self.books(frame)
        self._put(frame, replace(books, deficit=books.deficit + amount))

    def _put(self, frame: Frame, books: Books) -> None:
        frame.state.set(("books", self.asset), books)
