"""All reserves of an Aave v3 pool: tokens, configuration, rates and indices, prices.

A reserve's configuration is packed into one word, fields from the lowest bit on. The indices that
`getReserveData` gives are of the reserve's last update; what belongs to the block's own time is
asked beside it, as normalised income and debt, and stands in ReserveData.
Source: IPool, DataTypes, IAaveOracle of Aave v3.0 to v3.6.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.chain_event import AssetPrice, ReserveData, ReserveReading
from sources.evm.abi import Malformed, decoded
from sources.evm.readings import Ask, ask, counted, value
from sources.evm.readings_tokens import symbol_of

MOST_RESERVES: Final = 128  # of a pool: what an account's bitmap has room for
_USD_E8: Final = 10**8
_QUESTIONS: Final = (
    "getReserveData(address)", "getReserveNormalizedIncome(address)",
    "getReserveNormalizedVariableDebt(address)",
)  # fmt: skip
_RESERVE: Final = (
    "uint256", *("uint128",) * 5, "uint40", "uint16", "address", "address", "address"
)  # fmt: skip


class AaveReading(Struct, frozen=True, gc=False):
    """A pool's reserves. A reserve without a price in `prices` has none that is known."""

    reserves: tuple[ReserveReading, ...]
    ids: tuple[int, ...]  # of each, as bitmaps of accounts and e-modes count them
    rates: tuple[ReserveData, ...]  # of each
    prices: tuple[AssetPrice, ...]


class AaveDiscovery(Struct, frozen=True):
    """Reads a pool: this round, then all of its reserves at once."""

    pool: str
    oracle: str

    def asks(self) -> tuple[Ask, ...]:
        """Which reserves there are, and what unit prices have."""
        return ask(self.pool, "getReservesList()"), ask(self.oracle, "BASE_CURRENCY_UNIT()")

    def take(self, results: Sequence[bytes]) -> "_Reserves":
        """The next round. Raises Malformed, also for an oracle that does not quote 1e-8 USD."""
        listed, unit = counted(self.asks(), results)
        reserves = value("address[]", listed)
        if len(reserves) > MOST_RESERVES or len(set(reserves)) < len(reserves):
            message = f"{len(reserves)} reserves are too many, or some are listed twice"
            raise Malformed(message)
        if value("uint256", unit) != _USD_E8:
            message = f"the oracle's unit is {value('uint256', unit)}, not {_USD_E8}"
            raise Malformed(message)
        return _Reserves(self.pool, self.oracle, reserves)


class _Reserves(Struct, frozen=True):
    pool: str
    oracle: str
    reserves: tuple[str, ...]

    def asks(self) -> tuple[Ask, ...]:
        """All prices; then of each reserve its data, its indices and its symbol."""
        return (
            ask(self.oracle, "getAssetsPrices(address[])", self.reserves),
            *(
                each
                for reserve in self.reserves
                for each in (
                    *(ask(self.pool, question, reserve) for question in _QUESTIONS),
                    ask(reserve, "symbol()"),
                )
            ),
        )

    def take(self, results: Sequence[bytes]) -> AaveReading:
        """The reading. Raises Malformed."""
        quoted, *answers = counted(self.asks(), results)
        prices = value("uint256[]", quoted)
        if len(prices) != len(self.reserves):
            message = f"{len(prices)} prices of {len(self.reserves)} reserves"
            raise Malformed(message)
        found = [
            _reserve(reserve, *answers[4 * at : 4 * at + 4])
            for at, reserve in enumerate(self.reserves)
        ]
        ids = tuple(number for _, number, _ in found)
        if len(set(ids)) < len(ids) or any(number >= MOST_RESERVES for number in ids):
            message = f"reserves have ids {ids}"
            raise Malformed(message)
        return AaveReading(
            reserves=tuple(reading for reading, _, _ in found),
            ids=ids,
            rates=tuple(rates for _, _, rates in found),
            prices=tuple(
                AssetPrice(reserve, price)
                for reserve, price in zip(self.reserves, prices, strict=True)
                if price
            ),
        )


def _reserve(
    reserve: str, data: bytes, income: bytes, debt: bytes, symbol: bytes
) -> tuple[ReserveReading, int, ReserveData]:
    read = decoded(_RESERVE, data)
    word, _, liquidity_rate, _, variable_rate, stable_rate, _, number, a_token, _, debt_token = read

    def bits(first: int, last: int) -> int:
        return int(word >> first & (1 << last - first + 1) - 1)

    reading = ReserveReading(
        reserve=reserve,
        symbol=symbol_of(symbol),
        decimals=bits(48, 55),
        a_token=a_token,
        debt_token=debt_token,
        ltv_bp=bits(0, 15),
        threshold_bp=bits(16, 31),
        bonus_bp=bits(32, 47),
        protocol_fee_bp=bits(152, 167),
        supply_cap=bits(116, 151),
        borrow_cap=bits(80, 115),
        debt_ceiling=bits(212, 251),
        active=bool(bits(56, 56)),
        frozen=bool(bits(57, 57)),
        paused=bool(bits(60, 60)),
    )
    rates = ReserveData(
        reserve=reserve,
        liquidity_rate=liquidity_rate,
        stable_rate=stable_rate,
        variable_rate=variable_rate,
        liquidity_index=value("uint256", income),
        variable_index=value("uint256", debt),
    )
    return reading, number, rates
