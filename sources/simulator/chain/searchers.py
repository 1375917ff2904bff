"""Liquidators: they try out what the reports in the mempool would make liquidatable, and sell.

An account is liquidated when the oracle ON CHAIN says so; a searcher sends its call with a tip
below that of the report it waits for, so that both come in one block, in this order.
"""

from random import Random
from typing import Final

from sources.simulator.chain.chain import Chain
from sources.simulator.chain.contract import Frame, Revert
from sources.simulator.chain.deployment import ASSET_OF, Deployment
from sources.simulator.chain.health import used
from sources.simulator.chain.nodes import Nodes
from sources.simulator.chain.prices import Outside
from sources.simulator.chain.ray import WAD
from sources.simulator.chain.reserve import Reserve
from sources.simulator.chain.traders import IN_SINGLE
from sources.simulator.chain.wallets import Wallets
from sources.simulator.chain.words import MOST, call

GAS: Final = 700_000
SELL_GAS: Final = 220_000
BEHIND: Final = 0.9  # tip over that of the report
EVERY: Final = 5  # blocks, when no price has changed
RECEIVES: Final = 0.1  # share of calls that ask for aTokens
SIGNATURE: Final = "liquidationCall(address,address,address,uint256,bool)"


class Searchers:
    """All liquidators: one of them takes an account."""

    def __init__(self, chain: Chain, wallets: Wallets, rng: Random, outside: Outside,
                 made: Deployment, nodes: Nodes, who: tuple[str, ...],
                 accounts: tuple[str, ...]) -> None:  # fmt: skip
        self._chain, self._wallets, self._rng, self._outside = chain, wallets, rng, outside
        self._made, self._nodes, self._who, self._accounts = made, nodes, who, accounts
        self._sent: dict[str, str] = {}  # account → what was sent last
        self._seen: object = None

    def before_block(self, at_s: float) -> None:
        """Send what pays."""
        frame = self._chain.frame(timestamp_s=int(at_s))
        tip: int | None = None
        for report in self._nodes.waiting():
            try:
                frame.call(report.to, report.sender, report.data)
            except Revert:
                continue
            tip = min(tip or report.priority_wei, report.priority_wei)
        market = self._made.lending
        answers = [market.prices.price(frame, asset) for asset in market.reserves]
        seen = (answers, self._chain.head.number // EVERY)
        if seen == self._seen:
            return
        self._seen = seen
        for account in self._accounts:
            if self._sent.get(account, "") in self._chain.mempool:
                continue
            if market.health(frame, account).factor < WAD:
                self._liquidate(at_s, frame, account, tip)

    def _liquidate(self, at_s: float, frame: Frame, account: str, tip: int | None) -> None:
        reserves = self._made.reserves.values()
        debts = [r for r in reserves if r.debt_token.scaled(frame, account)]
        kept = [r for r in reserves if r.asset in used(frame, account)]
        if not debts or not kept:
            return
        debt = max(debts, key=lambda r: self._usd(r, r.debt_token.balance(frame, account)))
        seized = max(kept, key=lambda r: self._usd(r, r.a_token.balance(frame, account)))
        who = self._rng.choice(self._who)
        before = seized.token.balance(frame, who), debt.token.balance(frame, who)
        data = call(SIGNATURE, seized.asset, debt.asset, account, MOST, False)
        try:
            frame.call(self._made.lending.address, who, data)
        except Revert:
            return
        got = seized.token.balance(frame, who) - before[0]
        paid = before[1] - debt.token.balance(frame, who)
        cost = self._wallets.cost_usd(GAS + SELL_GAS, self._outside.usd("ETH"))
        if self._usd(seized, got) - self._usd(debt, paid) < cost:
            return
        if self._rng.random() < RECEIVES:
            data = call(SIGNATURE, seized.asset, debt.asset, account, MOST, True)
            got = 0
        tip = self._wallets.tip(2.0) if tip is None else max(1, int(BEHIND * tip))
        sent = self._wallets.send(at_s, who, self._made.lending.address, data, GAS, tip)
        if sent is None:
            return
        self._sent[account] = sent.hash
        if got:
            self._sell(at_s, who, seized, debt, got, tip)

    def _sell(self, at_s: float, who: str, seized: Reserve, debt: Reserve, got: int,
              tip: int) -> None:  # fmt: skip
        """What was seized goes into the pool of both tokens."""
        pair = {seized.token.symbol, debt.token.symbol}
        for pool in self._made.ranges:
            if {pool.token0.symbol, pool.token1.symbol} == pair:
                data = call(IN_SINGLE, (seized.asset, debt.asset, pool.fee_e6, who, got, 0, 0))
                self._wallets.send(at_s, who, self._made.router_v3.address, data, SELL_GAS, tip)

    def _usd(self, reserve: Reserve, amount: int) -> float:
        token = reserve.token
        return amount / token.unit * self._outside.usd(ASSET_OF[token.symbol])
