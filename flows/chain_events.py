"""Logs that were not known → rows at once: changes of parameters and authority, liquidations."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from models.chain.tokens import Tokens
from schemas.chain import ChainItem, Log
from schemas.chain_contract import ChainSettings
from schemas.chain_event import (
    AbsorbCollateral,
    AuthorityChange,
    DeficitCreated,
    LiquidationCall,
    ParameterChange,
)
from schemas.chain_row import ProtocolEvent
from schemas.market import Liquidation, PositionSide
from schemas.tables import Rows, rows_item

Prices = dict[str, float]  # USD by asset
Known = tuple[str, int, bool, str]
_E8 = 1e8


def protocol_rows(chain: ChainSettings, heard: Iterable[tuple[ChainItem, Log]]) -> Iterator[Rows]:
    """Changes of the rules, and debts that nobody pays. Of a chain's logs in order."""
    watched = _contracts(chain)
    rows = (
        row
        for item, log in heard
        if log.address in watched and (row := _protocol_event(chain, item, log)) is not None
    )
    for _, same in groupby(rows, key=lambda row: (row.source, row.line)):
        yield rows_item(*same)


def liquidation_rows(
    chain: ChainSettings, heard: Iterable[tuple[ChainItem, Log]], tokens: Tokens, prices: Prices
) -> Iterator[Rows]:
    """Collateral that was seized, as a forced sale; what was withdrawn by a reorg is flagged.

    A collateral in dollars under another debt is a short that was bought back. Those of unknown
    tokens or prices have no row: `protocol_rows` and counters have them.
    """
    rows = (
        row
        for item, log in heard
        if (row := _liquidation(chain, item, log, tokens, prices)) is not None
    )
    for _, same in groupby(rows, key=lambda row: (row.source, row.line, row.instrument)):
        yield rows_item(*same)


def _contracts(chain: ChainSettings) -> frozenset[str]:
    found = {oracle.proxy for oracle in chain.oracle}
    for market in chain.lending:
        named = (market.pool, market.data_provider, market.oracle, market.configurator)
        found.update(address for address in named if address is not None)
    return frozenset(address.lower() for address in found)


def _protocol_event(chain: ChainSettings, item: ChainItem, log: Log) -> ProtocolEvent | None:
    match log.event:
        case ParameterChange(name, about, old, new, unit):
            told = "parameter", name, about, old, new, unit
        case AuthorityChange(kind, old, new):
            told = "authority", kind, "", old, new, "address"
        case DeficitCreated(account, debt, amount, covered):
            what = "deficit_covered" if covered else "deficit_created"
            told = "deficit", what, account, None, str(amount), f"least unit of {debt}"
        case _:
            return None
    return ProtocolEvent(
        item.received_ns, item.connection, item.line, chain.name, log.address,
        log.block_number, log.transaction, *told, log.removed, (),
    )  # fmt: skip


def _liquidation(
    chain: ChainSettings, item: ChainItem, log: Log, tokens: Tokens, prices: Prices
) -> Liquidation | None:
    market = next((m for m in chain.lending if m.pool.lower() == log.address), None)
    if market is None:
        return None
    match log.event:
        case LiquidationCall(collateral, debt, _, repaid, seized):
            usd = tokens.usd(debt, repaid, prices)
            owed = tokens.known.get(debt)
        case AbsorbCollateral(_, _, collateral, seized, usd_e8):
            usd, owed = usd_e8 / _E8, None
        case _:
            return None
    held = tokens.known.get(collateral)
    if held is None or usd is None or not seized:
        return None
    is_short = held.dollar and owed is not None and not owed.dollar
    token, amount = (owed, repaid) if is_short and owed is not None else (held, seized)
    size = amount / 10.0**token.decimals
    venue = f"evm-{chain.id}"
    return Liquidation(
        ts=item.received_ns,
        source=item.connection,
        line=item.line,
        venue=venue,
        instrument=f"{venue}:{market.name}",
        asset=token.asset,
        venue_ts=None,
        position_side=PositionSide.short if is_short else PositionSide.long,
        px=usd / size,
        size_base=size,
        size_usd=usd,
        flags=("removed",) if log.removed else (),
    )


def known_as(log: Log) -> Known:
    """What makes two logs the same; one log may mean several things."""
    return log.block_hash, log.log_index, log.removed, repr(log.event)


def fresh(
    heard: list[tuple[ChainItem, Log]], known: dict[Known, None], most: int = 8192
) -> list[tuple[ChainItem, Log]]:
    """Those that were not heard before; `known` takes note of them."""
    new = []
    for item, log in heard:
        if (key := known_as(log)) not in known:
            new.append((item, log))
            known[key] = None
    while len(known) > most:
        del known[next(iter(known))]
    return new
