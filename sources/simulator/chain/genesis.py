"""What stands on a chain before anything happens: balances, pools, prices, deposits, loans."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from sources.simulator.chain.contract import Frame
from sources.simulator.chain.deployment import (
    ASSET_OF,
    CONFIGS,
    STABLE_TERMS,
    STABLES,
    Deployment,
)
from sources.simulator.chain.positions import MINT
from sources.simulator.chain.prices import E8
from sources.simulator.chain.reports import transmission
from sources.simulator.chain.words import address_of, call

RICH_USD: Final = 4_000_000_000  # of each token for those who trade all the time
PRODUCT_USD: Final = 10_000_000  # each side
RANGES_USD: Final = ((0.02, 6_000_000), (0.10, 10_000_000), (0.60, 6_000_000))  # each side
PEGGED_USD: Final = ((0.0005, 8_000_000), (0.02, 4_000_000), (0.50, 6_000_000))
DEPOSITS_USD: Final = {
    "WETH": 9_000_000, "WBTC": 6_000_000, "USDC": 16_000_000, "USDX": 2_000_000,
}  # fmt: skip
USER_USD: Final = 20_000_000
DEADLINE: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Actors:
    """Addresses by what they do."""

    lps: tuple[str, ...]
    traders: tuple[str, ...]
    arbitrageurs: tuple[str, ...]
    searchers: tuple[str, ...]
    borrowers: tuple[str, ...]
    users: tuple[str, ...]  # of anything else

    @property
    def rich(self) -> tuple[str, ...]:
        """Those who begin with plenty of everything."""
        return (*self.lps, *self.traders, *self.arbitrageurs, *self.searchers)


def actors_of(chain_id: int, borrowers: int) -> Actors:
    """The same names on every run."""

    def some(kind: str, count: int) -> tuple[str, ...]:
        return tuple(address_of(f"{chain_id}/{kind} {k}") for k in range(count))

    return Actors(
        some("lp", 6), some("trader", 60), some("arbitrageur", 4), some("searcher", 4),
        some("borrower", borrowers), some("user", 200),
    )  # fmt: skip


class Genesis:
    """Sets a chain up. `prices_e8` by asset; `nearest`: least distance of HF from 1."""

    def __init__(self, made: Deployment, actors: Actors, rng: Random, prices_e8: Mapping[str, int],
                 *, scale: float, heartbeat_s: float, nearest: float) -> None:  # fmt: skip
        self._made = made
        self._actors = actors
        self._rng = rng
        self._prices = {name: prices_e8[asset] for name, asset in ASSET_OF.items()}
        self._scale = scale
        self._heartbeat_s = heartbeat_s
        self._nearest = nearest

    def set_up(self, frame: Frame) -> None:
        """Everything, in one frame. Raises Revert if something does not hold."""
        made = self._made
        for who in self._actors.rich:
            for name, token in made.tokens.items():
                token.mint(frame, who, self.amount(name, RICH_USD))
        for who in self._actors.users:
            made.tokens["USDC"].mint(frame, who, self.amount("USDC", USER_USD))
        self._feeds(frame)
        self._pools(frame)
        self._lending(frame)
        for place, who in enumerate(self._actors.borrowers):
            self._borrower(frame, place, who)

    def amount(self, name: str, usd: float) -> int:
        """A token's amount of a worth in USD."""
        return int(usd * E8) * self._made.tokens[name].unit // self._prices[name]

    def _feeds(self, frame: Frame) -> None:
        begin_s = frame.timestamp_s
        for name, asset in ASSET_OF.items():
            feed = self._made.feeds[asset]
            frame.timestamp_s = begin_s - int(0.8 * self._heartbeat_s * self._rng.random())
            price = self._prices[name]
            seen = [(price, node) for node in range(len(feed.nodes))]
            data = transmission(feed, seen, frame.timestamp_s, 1 << 8 | 1)
            frame.call(feed.nodes[0].address, feed.nodes[0].node, data)
        frame.timestamp_s = begin_s

    def _pools(self, frame: Frame) -> None:
        made, lp = self._made, self._actors.lps[0]
        for pool in made.products:
            give = [self.amount(t.symbol, self._scale * PRODUCT_USD)
                    for t in (pool.token0, pool.token1)]  # fmt: skip
            pool.mint(frame, lp, *give)
        for place, ranged in enumerate(made.ranges):
            names = ranged.token0.symbol, ranged.token1.symbol
            whole = [self.amount(name, 1_000_000_000) for name in names]
            ranged.initialize(frame, whole[1], whole[0])
            at = ranged.slot(frame).tick
            for width, usd in PEGGED_USD if "USDX" in names else RANGES_USD:
                reach = max(1, round(width * 10_000 / ranged.spacing)) * ranged.spacing
                middle = at // ranged.spacing * ranged.spacing
                have = [self.amount(name, self._scale * usd) for name in names]
                wanted = (
                    ranged.token0.address, ranged.token1.address, ranged.fee_e6, middle - reach,
                    middle + reach + ranged.spacing, *have, 0, 0,
                    self._actors.lps[1 + place], DEADLINE,
                )  # fmt: skip
                frame.call(made.positions.address, lp, call(MINT, wanted))

    def _lending(self, frame: Frame) -> None:
        made, lp = self._made, self._actors.lps[0]
        steward = made.steward.address
        for name, reserve in made.reserves.items():
            reserve.set_config(frame, CONFIGS[name])
            amount = self.amount(name, self._scale * DEPOSITS_USD[name])
            made.lending.supply(frame, lp, reserve.asset, amount, lp, 0)
        calls = [call("setEModeCategory(uint8,uint16,uint16,uint16,string)", STABLES,
                      *STABLE_TERMS)]  # fmt: skip
        for name in ("USDC", "USDX"):
            for what in ("Collateral", "Borrowable"):
                signature = f"setAsset{what}InEMode(address,uint8,bool)"
                calls.append(call(signature, made.tokens[name].address, STABLES, True))
        for data in calls:
            frame.call(made.configurator.address, steward, data)

    def _borrower(self, frame: Frame, place: int, who: str) -> None:
        """A loan against collateral, with a health factor that is drawn."""
        rng, made = self._rng, self._made
        kind = place % 20
        collateral, debt = (
            ("USDX", "USDC") if kind < 2 else ("USDC", "WETH") if kind < 4
            else ("WBTC", "USDC") if kind < 10 else ("WETH", "USDC")
        )  # fmt: skip
        stable = collateral == "USDX" and place % 40 < 20
        threshold = STABLE_TERMS[1] if stable else CONFIGS[collateral].threshold
        factor = 1.0 + self._nearest + rng.expovariate(4.0 if not stable else 30.0)
        usd = self._scale * min(3_000_000.0, 60_000.0 * 2.718281828 ** rng.gauss(0.0, 1.3))
        ltv = STABLE_TERMS[0] if stable else CONFIGS[collateral].ltv
        owed = min(usd * threshold / 10_000 / factor, 0.999 * usd * ltv / 10_000)
        give = self.amount(collateral, usd)
        made.tokens[collateral].mint(frame, who, 2 * give)
        made.tokens[debt].mint(frame, who, self.amount(debt, usd))
        self._act(frame, who, "supply(address,uint256,address,uint16)", collateral, give, who, 0)
        if stable:
            frame.call(made.lending.address, who, call("setUserEMode(uint8)", STABLES))
        there = 9 * made.reserves[debt].books(frame).available // 10
        amount = min(self.amount(debt, owed), there)
        self._act(frame, who, "borrow(address,uint256,uint256,uint16,address)", debt, amount,
                  2, 0, who)  # fmt: skip

    def _act(self, frame: Frame, who: str, signature: str, name: str, *values: str | int) -> None:
        made = self._made
        data = call(signature, made.tokens[name].address, *values)
        frame.call(made.lending.address, who, data)
