"""What waiting transactions would do, by asset: swaps in signed USD, liquidations, reports.

A swap sells the first token of its path and buys the last, for the same USD: whichever of its
two amounts is given and can be valued values both sides. Dollars are no asset here.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from models.chain.tokens import Tokens
from schemas.chain import Pending
from schemas.chain_call import Liquidation, OracleReport, ParameterCall, Swap


class Intent(Struct):
    """Of one asset. `unvalued`: swaps and liquidations of unknown size: the sums lack them."""

    swaps: int = 0
    unvalued: int = 0
    buy_usd: float = 0.0
    sell_usd: float = 0.0
    liquidations: int = 0
    liquidation_usd: float = 0.0
    oracle_updates: int = 0


def intents(
    waiting: Iterable[Pending],
    tokens: Tokens,
    prices: Mapping[str, float],
    feeds: Mapping[str, str],
) -> tuple[dict[str, Intent], int]:
    """By asset, and how many transactions change parameters.

    prices: USD by asset; feeds: asset by the address of its aggregator.
    """
    found: dict[str, Intent] = {}
    changes = 0
    for transaction in waiting:
        assets: dict[str, bool] = {}  # that are swapped, and whether all of it is valued
        for call in transaction.calls:
            if isinstance(call, Swap):
                _swap(call, tokens, prices, found, assets)
            elif isinstance(call, Liquidation):
                _liquidation(call, tokens, prices, found)
            elif isinstance(call, OracleReport) and call.to in feeds:
                found.setdefault(feeds[call.to], Intent()).oracle_updates += 1
        changes += any(isinstance(call, ParameterCall) for call in transaction.calls)
        for asset, valued in assets.items():  # once for each transaction
            one = found.setdefault(asset, Intent())
            one.swaps += 1
            one.unvalued += not valued
    return found, changes


def _swap(
    call: Swap,
    tokens: Tokens,
    prices: Mapping[str, float],
    found: dict[str, Intent],
    assets: dict[str, bool],
) -> None:
    if len(call.path) < 2:
        return
    sold, bought = (tokens.known.get(address) for address in (call.path[0], call.path[-1]))
    usd = tokens.usd(call.path[0], call.amount_in, prices)
    if usd is None:
        usd = tokens.usd(call.path[-1], call.amount_out, prices)
    for token, side in ((sold, "sell"), (bought, "buy")):
        if token is None or token.dollar:
            continue
        assets[token.asset] = assets.get(token.asset, True) and usd is not None
        if usd is None:
            continue
        one = found.setdefault(token.asset, Intent())
        if side == "sell":
            one.sell_usd += usd
        else:
            one.buy_usd += usd


def _liquidation(
    call: Liquidation, tokens: Tokens, prices: Mapping[str, float], found: dict[str, Intent]
) -> None:
    token = tokens.known.get(call.collateral or "")
    if token is None:
        return
    one = found.setdefault(token.asset, Intent())
    one.liquidations += 1
    usd = None if call.debt is None else tokens.usd(call.debt, call.repay, prices)
    if usd is None:
        one.unvalued += 1
    else:
        one.liquidation_usd += usd
