"""Which logs a node is asked for: by topics everywhere, of pools by their addresses too.

Tokens of a lending market and aggregators of an oracle change while a run goes on; their topics
are rare enough to take them of the whole chain, and what is not watched is left to the folds.
"""

from typing import Any

from schemas.chain_contract import ChainSettings, LendingContract
from sources.evm.events import topics_of


def log_filters(chain: ChainSettings) -> tuple[dict[str, Any], ...]:
    """Filters as `eth_subscribe` and `eth_getLogs` take them; none where nothing is watched."""
    filters: list[dict[str, Any]] = []
    groups = []
    if chain.oracle:
        groups.append("chainlink")
    if any(market.protocol.startswith("aave") for market in chain.lending):
        groups.append("aave")
    if any(market.protocol == "compound-v3" for market in chain.lending):
        groups.append("comet")
    if groups:
        filters.append({"topics": [list(topics_of(*groups))]})
    if chain.pool:
        addresses = sorted(pool.address.lower() for pool in chain.pool)
        filters.append({"address": addresses, "topics": [list(topics_of("pools"))]})
    if watched := _governed(chain):
        filters.append({"address": watched, "topics": [list(topics_of("authority"))]})
    return tuple(filters)


def _governed(chain: ChainSettings) -> list[str]:
    """Contracts whose code or owner may change."""
    found = {address for market in chain.lending for address in _addresses(market)}
    return sorted(found | {oracle.proxy.lower() for oracle in chain.oracle})


def _addresses(market: LendingContract) -> list[str]:
    named = (market.pool, market.data_provider, market.oracle, market.configurator)
    return [address.lower() for address in named if address is not None]
