"""What gas costs on a chain, head by head: next base fee, forecast, tips, congestion.

Takes canonical heads, each as it joins the chain. Across a head that does not follow the last by
number (a reorg, a gap) the forecast learns nothing; base fees of blocks that were left later stay
in the window of the congestion. What waits is given with the head as it was seen then; None where
the mempool is not watched: every figure that needs it is None.
"""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from models.chain.base_fee import ETHEREUM, FeeRule, gas_target, next_base_fee
from models.chain.congestion import Congestion, Crowd
from models.chain.fee_forecast import FeeForecast, Forecast
from models.chain.pending_gas import PendingGas
from models.chain.priority_fee import typical_tips
from schemas.chain import BlockAt, FeeHistory, Head

TIP_PERCENTILES: Final = (10.0, 50.0, 90.0)


class GasState(Struct, frozen=True):
    """As of one head. Fees in wei per gas; None: not known, or not to be had on this chain."""

    at: BlockAt
    base_fee_wei: int | None
    next_base_fee_wei: int | None
    forecasts: tuple[Forecast | None, ...]  # by `fee_forecast.HORIZONS`
    used_of_target: float | None
    waiting_of_target: float | None
    entry_tip_wei: int | None  # lowest tip of what waits that fits into the next block
    waiting_tips_wei: tuple[int | None, ...]  # by TIP_PERCENTILES of the gas that waits
    paid_tips_wei: tuple[tuple[float, int], ...]  # (percentile, wei) of the last fee history
    crowd: Crowd


class Gas:
    """One chain's gas; `value` is None before the first head."""

    def __init__(self, rule: FeeRule = ETHEREUM) -> None:
        self._rule = rule
        self._forecast = FeeForecast(rule)
        self._congestion = Congestion(rule.elasticity)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._forecast.reset()
        self._congestion.reset()
        self._paid: tuple[tuple[float, int], ...] = ()
        self.value: GasState | None = None

    def history(self, history: FeeHistory) -> None:
        """Take a fee history: its tips hold from the next head on."""
        self._paid = typical_tips(history)

    def update(
        self, head: Head, waiting: PendingGas | None = None, delays_blocks: Iterable[int] = ()
    ) -> GasState:
        """Take a canonical head, what waits after it, and the delays of what it included."""
        rule, fee = self._rule, head.base_fee_wei
        following = next_base_fee(fee, head.gas_used, head.gas_limit, rule)
        target = gas_target(head.gas_limit, rule)
        demand = entry = None
        tips: tuple[int | None, ...] = (None,) * len(TIP_PERCENTILES)
        if waiting is not None and following is not None:
            demand = waiting.demand(following)
            entry = waiting.entry_tip(following, head.gas_limit)
            tips = waiting.tip_percentiles(following, TIP_PERCENTILES)
        of_target = demand / target if demand is not None and target else None
        self._forecast.update(head.at.number, fee, head.gas_used, head.gas_limit, demand)
        self.value = GasState(
            head.at,
            fee,
            following,
            self._forecast.value,
            head.gas_used / target if target else None,
            of_target,
            entry,
            tips,
            self._paid,
            self._congestion.update(fee, of_target, delays_blocks),
        )
        return self.value

    def snapshot(self) -> tuple[Any, ...]:
        """The state; `value` comes again with the next head."""
        return self._forecast.snapshot(), self._congestion.snapshot(), self._paid

    def restore(self, state: tuple[Any, ...]) -> None:
        """Take the state of a snapshot."""
        self.reset()
        forecast, congestion, self._paid = state
        self._forecast.restore(forecast)
        self._congestion.restore(congestion)
