"""Which contracts stand on a chain, and where. On Ethereum at the addresses known there."""

from collections.abc import Mapping
from typing import Final

from sources.simulator.chain.concentrated import ConcentratedPool
from sources.simulator.chain.configurator import Configurator, Steward
from sources.simulator.chain.constant_product import ConstantProductPool
from sources.simulator.chain.contract import Contract
from sources.simulator.chain.lending import LendingPool
from sources.simulator.chain.lending_views import AaveOracle, DataProvider
from sources.simulator.chain.oracle import NODES, Aggregator, Forwarder, Proxy
from sources.simulator.chain.positions import Positions
from sources.simulator.chain.ray import RAY
from sources.simulator.chain.reserve import Config, Curve, Reserve
from sources.simulator.chain.routers import Pools, RouterV2, RouterV3, UniversalRouter
from sources.simulator.chain.token import Token
from sources.simulator.chain.words import address_of

ETHEREUM: Final = {
    "WETH": "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
    "WBTC": "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599",
    "USDC": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
    "router v2": "0x7a250d5630b4cf539739df2c5dacb4c659f2488d",
    "router v3": "0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45",
    "router universal": "0x66a9893cc07d91d95644aedd05d03f95e1dba8af",
    "positions": "0xc36442b4a4522e871399cd717abdd847ab11fe88",
    "aave pool": "0x87870bca3f3fd6335c3f4ce8392d69350b4fa4e2",
    "aave configurator": "0x64b761d848206f447fe2dd461b0c635ec39ebb27",
    "aave oracle": "0x54586be62e3c3580375ae3723c145253060ca0c2",
    "aave data provider": "0x0a16f2fcc0d44fae41cc54e079281d84a363becd",
    "ETH / USD proxy": "0x5f4ec3df9cbd43714fe2740f5e3616155c5b8419",
    "BTC / USD proxy": "0xf4030086522a5beea4988f8ca5b36dbc97bee88c",
}
TOKENS: Final = {"WETH": 18, "WBTC": 8, "USDC": 6, "USDX": 6}
ASSET_OF: Final = {"WETH": "ETH", "WBTC": "BTC", "USDC": "USDC", "USDX": "USDX"}
CONFIGS: Final = {
    "WETH": Config(8_050, 8_300, 10_500, supply_cap=1_800_000, borrow_cap=1_400_000),
    "WBTC": Config(7_300, 7_800, 10_500, 2_000, supply_cap=43_000, borrow_cap=28_000),
    "USDC": Config(7_500, 7_800, 10_450, 1_000, supply_cap=3 * 10**9, borrow_cap=27 * 10**8),
    "USDX": Config(7_200, 7_500, 10_600, 1_000, supply_cap=60_000_000, borrow_cap=40_000_000),
}
_PERCENT: Final = RAY // 100
CURVES: Final = {
    "WETH": Curve(90 * _PERCENT, 27 * _PERCENT // 10, 80 * _PERCENT),
    "WBTC": Curve(80 * _PERCENT, 4 * _PERCENT, 300 * _PERCENT),
    "USDC": Curve(92 * _PERCENT, 55 * _PERCENT // 10, 40 * _PERCENT),
    "USDX": Curve(90 * _PERCENT, 6 * _PERCENT, 75 * _PERCENT),
}
PRODUCTS: Final = (("WETH", "USDC"), ("WBTC", "USDC"))
RANGES: Final = (("WETH", "USDC", 500, 10), ("WBTC", "USDC", 3_000, 60), ("USDX", "USDC", 100, 1))
STABLES: Final = 1  # the e-mode category
STABLE_TERMS: Final = (9_000, 9_300, 10_100, "Stablecoins")


class Feed:
    """A price feed with the nodes that may write to it."""

    def __init__(self, chain_id: int, asset: str, proxy: str) -> None:
        name = f"{asset} / USD"
        own = f"{chain_id}/{name}"
        self.asset = asset
        self.nodes = [
            Forwarder(address_of(f"{own}/forwarder {k}"), address_of(f"{own}/node {k}"))
            for k in range(NODES)
        ]
        self.aggregator = Aggregator(
            address_of(f"{own}/aggregator"), name, [node.address for node in self.nodes]
        )
        self.proxy = Proxy(proxy, self.aggregator, 6)


class Deployment:
    """All contracts of a chain."""

    def __init__(self, chain_id: int) -> None:
        self.chain_id = chain_id
        at = self.at
        self.tokens = {name: Token(at(name), name, dec) for name, dec in TOKENS.items()}
        self.products = [self._product(*names) for names in PRODUCTS]
        self.ranges = [self._range(*names) for names in RANGES]
        self.pools = Pools(self.products, self.ranges)
        self.router_v2 = RouterV2(at("router v2"), self.pools)
        self.router_v3 = RouterV3(at("router v3"), self.pools)
        self.router_universal = UniversalRouter(at("router universal"), self.pools)
        self.positions = Positions(at("positions"), self.pools)
        self.feeds = {
            asset: Feed(chain_id, asset, at(f"{asset} / USD proxy")) for asset in ASSET_OF.values()
        }
        self.oracle = AaveOracle(
            at("aave oracle"),
            {self.tokens[name].address: self.feeds[a].proxy for name, a in ASSET_OF.items()},
        )
        market = at("aave pool")
        self.reserves = {
            name: Reserve(market, place, token, CURVES[name],
                          (at(f"aave a{name}"), at(f"aave variableDebt{name}")))
            for place, (name, token) in enumerate(self.tokens.items())
        }  # fmt: skip
        reserves = list(self.reserves.values())
        self.lending = LendingPool(market, reserves, self.oracle, at("aave treasury"))
        self.steward = Steward(at("aave risk steward"), at("aave risk council"))
        by_asset = self.lending.reserves
        self.configurator = Configurator(at("aave configurator"), self.steward.address, by_asset)
        self.provider = DataProvider(at("aave data provider"), by_asset)

    def at(self, name: str) -> str:
        """The address of something by its name."""
        if self.chain_id == 1 and name in ETHEREUM:
            return ETHEREUM[name]
        return address_of(f"{self.chain_id}/{name}")

    def contracts(self) -> dict[str, Contract]:
        """All of them by address."""
        found: list[Contract] = [
            *self.tokens.values(), *self.products, *self.ranges, self.router_v2, self.router_v3,
            self.router_universal, self.positions, self.oracle, self.lending, self.steward,
            self.configurator, self.provider,
        ]  # fmt: skip
        for feed in self.feeds.values():
            found += [feed.proxy, feed.aggregator, *feed.nodes]
        for reserve in self.reserves.values():
            found += [reserve.a_token, reserve.debt_token]
        return {one.address: one for one in found}

    def named(self) -> dict[str, str]:
        """Addresses that a reader must be told, by name."""
        pairs = {
            "aave pool": self.lending, "aave oracle": self.oracle,
            "aave data provider": self.provider, "aave configurator": self.configurator,
            "router v2": self.router_v2, "router v3": self.router_v3,
            "router universal": self.router_universal, "positions": self.positions,
        }  # fmt: skip
        found: Mapping[str, Contract] = {
            **self.tokens, **pairs,
            **{_name("v2", p): p for p in self.products},
            **{_name("v3", p): p for p in self.ranges},
            **{f"{asset} / USD proxy": feed.proxy for asset, feed in self.feeds.items()},
            **{f"{asset} / USD aggregator": f.aggregator for asset, f in self.feeds.items()},
        }  # fmt: skip
        return {name: contract.address for name, contract in found.items()}

    def _pair(self, a: str, b: str) -> tuple[Token, Token]:
        one, other = self.tokens[a], self.tokens[b]
        return (one, other) if one.address < other.address else (other, one)

    def _product(self, a: str, b: str) -> ConstantProductPool:
        return ConstantProductPool(self.at(f"v2 {a}/{b}"), *self._pair(a, b))

    def _range(self, a: str, b: str, fee: int, spacing: int) -> ConcentratedPool:
        return ConcentratedPool(self.at(f"v3 {a}/{b} {fee}"), *self._pair(a, b), fee, spacing)


def _name(kind: str, pool: ConstantProductPool | ConcentratedPool) -> str:
    return f"{kind} {pool.token0.symbol}/{pool.token1.symbol}"
