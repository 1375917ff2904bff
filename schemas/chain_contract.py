"""What of a chain is watched, as settings: pools, oracles, lending markets, rules of its fees."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

ADDRESS: Final = "^0x[0-9a-fA-F]{40}$"
Address = Annotated[str, Meta(pattern=ADDRESS)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, lt=1)]


class _Watched(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class PoolContract(_Watched, frozen=True, kw_only=True):
    """A pool. Tokens, decimals and fee are asked of the chain."""

    address: Address
    protocol: Literal["uniswap-v2", "uniswap-v3"]
    asset: str | None = None  # None: the token that is no dollar, wrappers as what they stand for


class OracleContract(_Watched, frozen=True, kw_only=True):
    """A Chainlink feed, by the proxy that consumers read."""

    proxy: Address
    asset: str
    quote: str = "USD"
    heartbeat_s: Positive = 3600.0
    deviation: Share = 0.005
    private_auction: bool = False  # lending markets read a proxy that public reports do not move
    fallback_s: Positive | None = None  # … but after so long; None: never
    faults: Annotated[int, Meta(ge=0)] | None = None  # f: a report has f + 1 signatures


class LendingContract(_Watched, frozen=True, kw_only=True):
    """A lending market. Reserves, parameters and prices are asked of the chain."""

    name: str
    protocol: Literal["aave-v2", "aave-v3", "compound-v3"]
    pool: Address  # Aave's pool, Compound's Comet
    version: Literal["v2", "v3.0", "v3.3", "v3.4", "v3.5", "v3.6", "v3.7"] = "v3.6"  # of Aave
    data_provider: Address | None = None  # Aave
    oracle: Address | None = None  # Aave
    configurator: Address | None = None  # Aave: parameters change there
    edge: Positive = 1.1  # accounts whose health is below have rows
    accounts: list[Address] = []  # read at the start; others are known once they act


class ChainSettings(_Watched, frozen=True, kw_only=True):
    """One EVM chain; its node is the live source `evm-<id>`."""

    id: Annotated[int, Meta(ge=1)]
    name: str
    coin: str = "ETH"
    block_s: Positive = 12.0
    fees: Literal["eip-1559", "own"] = "eip-1559"  # own: the next base fee cannot be derived
    elasticity: Annotated[int, Meta(ge=1)] = 2
    denominator: Annotated[int, Meta(ge=1)] = 8
    pool: list[PoolContract] = []
    oracle: list[OracleContract] = []
    lending: list[LendingContract] = []
