r"""Hamilton filter: probabilities of hidden states of a Markov chain, one observation at a time.

    predict   pred_k = Σ_i ξ_i P_ik
    update    w_k = pred_k·f_k,   ξ_k = w_k/Σw,   ln L += ln Σw

f_k is any density, given as its logarithm. The largest is taken out before exponentials, so that
nothing underflows. Any number of states: the same kernel filters the 3 regimes and, in the tests,
the 32 states of Hamilton's autoregression of GNP (ln L = −181.26339).

Hamilton 1989; Hamilton, Time Series Analysis (1994), 22.4.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from schemas.kernel import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def predict_plain(
    state: "NDArray[np.float64]", transition: "NDArray[np.float64]", steps: int
) -> None:
    """ξ ← ξP^steps in place; `state` (K,), `transition` (K, K) with rows that sum to 1."""
    count = state.size
    moved = np.empty(count)
    for _ in range(steps):
        for k in range(count):
            total = 0.0
            for i in range(count):
                total += state[i] * transition[i, k]
            moved[k] = total
        state[:] = moved


predict = compiled(predict_plain)


def filter_step_plain(
    state: "NDArray[np.float64]",
    transition: "NDArray[np.float64]",
    log_density: "NDArray[np.float64]",
) -> float:
    """One step in place; returns ln Σw, the log-likelihood of the observation given the past.

    `log_density` (K,). An observation that no reachable state allows (−inf for all) leaves the
    prediction and returns −inf.
    """
    predict(state, transition, 1)
    count = state.size
    top = -math.inf
    for k in range(count):
        if state[k] > 0.0:
            top = max(top, log_density[k])
    if top == -math.inf:
        return top
    total = 0.0
    for k in range(count):
        if state[k] > 0.0:
            state[k] *= math.exp(log_density[k] - top)
            total += state[k]
    for k in range(count):
        state[k] /= total
    return top + math.log(total)


filter_step = compiled(filter_step_plain)
