"""A chain's oracles and lending accounts → rows, beside what the market says (model sheet 4.7)."""

from collections.abc import Iterator, Mapping

from models.chain.state import ChainState
from models.lending.aave import AaveMarket
from models.lending.comet import CometMarket
from models.lending.edge import EdgeAccount, near_edge
from models.oracle.feed_view import FeedView, price
from schemas.chain_contract import LendingContract, OracleContract
from schemas.chain_row import LendingAccount, OracleRow
from schemas.instrument import DOLLARS
from schemas.quality import Quality
from schemas.units import NS_PER_S

Prices = Mapping[str, float]  # USD by asset
Market = AaveMarket | CometMarket
MOST_ACCOUNTS = 100  # rows of a market at a time, worst first
_E8 = 10**8


def oracle_row(
    state: ChainState, oracle: OracleContract, view: FeedView | None, at_ns: int, market: Prices
) -> OracleRow | None:
    """What a feed says now; None before its first reading. view: of its last block."""
    proxy = oracle.proxy.lower()
    aggregator = state.feeds.aggregator(proxy)
    record = state.feeds.record(aggregator)
    if aggregator is None or record is None or view is None:
        return None
    pending_px, marks = pending_of(state, oracle, at_ns)
    flags = tuple(sorted({"stale"} if view.stale else set()))
    quality = Quality.warming if view.price_now is None else Quality.ok
    return OracleRow(
        ts=at_ns,
        provider="chainlink",
        chain=state.chain.name,
        feed=proxy,
        asset=oracle.asset,
        quote=oracle.quote,
        px=view.price_now,
        primary_px=view.price_primary,
        pending_px=pending_px,
        market_px=market.get(oracle.asset),
        confidence=None,
        age_s=view.age_s,
        staleness=view.staleness,
        round_id=record.rounds[-1].id if record.rounds else None,
        deviation_ratio=view.deviation_ratio,
        due_blocks=view.due_blocks,
        next_block_probability=view.p_update,
        marks_accounts=marks,
        quality=Quality.stale if view.stale else quality,
        flags=flags,
    )


def account_rows(
    state: ChainState, contract: LendingContract, market: Market, at_ns: int, prices: Prices
) -> Iterator[LendingAccount]:
    """Accounts near the edge, worst first: as they are, at pending and at market prices.

    As they are: at what the watched feeds say on chain, and the market's own reading elsewhere.
    """
    at_s = at_ns // NS_PER_S
    assets = _assets(state, market)
    betas = {address: 1.0 for address, asset in assets.items() if asset not in DOLLARS}
    said = chain_prices(state)
    now = _e8(said, assets)
    pending = _e8(said | coming, assets) if (coming := pending_prices(state, at_ns)) else None
    outside = _e8({**said, **prices}, assets) if prices else None
    for found in near_edge(market, contract.edge, at_s, MOST_ACCOUNTS, now, betas):
        yield LendingAccount(
            ts=at_ns,
            chain=state.chain.name,
            market=contract.name,
            account=found.account,
            health=found.health,
            health_pending=_health(market, found, at_s, pending),
            health_market=_health(market, found, at_s, outside),
            collateral_usd=found.collateral_usd,
            debt_usd=found.debt_usd,
            distance=found.distance,
            quality=Quality.ok,
            flags=found.flags,
        )


def chain_prices(state: ChainState) -> dict[str, float]:
    """By asset, what the watched feeds say to lending markets."""
    found: dict[str, float] = {}
    for oracle in state.chain.oracle:
        view = state.views.get(oracle.proxy.lower())
        if view is not None and view.price_now is not None and oracle.quote in DOLLARS:
            found[oracle.asset] = view.price_now
    return found


def pending_of(
    state: ChainState, oracle: OracleContract, at_ns: int
) -> tuple[float | None, bool | None]:
    """What a good report in the mempool will make a feed say; whether markets will read that."""
    proxy = oracle.proxy.lower()
    aggregator = state.feeds.aggregator(proxy)
    record = state.feeds.record(aggregator)
    if aggregator is None or record is None:
        return None, None
    rule = state.watches[proxy].rule
    found = state.reports.answer(aggregator, record, rule, at_ns / NS_PER_S)
    if found.answer is None:
        return None, None
    marks = found.secondary if oracle.private_auction else found.public
    return price(found.answer, record.decimals), marks


def pending_prices(state: ChainState, at_ns: int) -> dict[str, float]:
    """By asset, what good reports in the mempool will make lending markets read."""
    found: dict[str, float] = {}
    for oracle in state.chain.oracle:
        px, marks = pending_of(state, oracle, at_ns)
        if px is not None and marks:
            found[oracle.asset] = px
    return found


def _assets(state: ChainState, market: Market) -> dict[str, str]:
    """Asset of each reserve whose token is known, by address."""
    held = market.reserves if isinstance(market, AaveMarket) else market.assets
    known = state.tokens.known
    return {one.address: known[one.address].asset for one in held if one.address in known}


def _e8(prices: Prices, assets: Mapping[str, str]) -> dict[str, int | None]:
    return {
        address: round(prices[asset] * _E8) for address, asset in assets.items() if asset in prices
    }


def _health(
    market: Market, found: EdgeAccount, at_s: int, prices: Mapping[str, int | None] | None
) -> float | None:
    edge = None if prices is None else market.edge(found.account, at_s, prices)
    return None if edge is None else edge.health
