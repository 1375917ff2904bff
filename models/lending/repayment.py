"""What a repayment does to health, and the liquidator's best order of repayments: real numbers.

C: collateral, D: debt (USD), q: liquidation threshold, b: bonus (0.05: 5 %), HF = q·C/D, and
k = q·(1 + b), what health loses per unit repaid. Sources: Warmuz et al. 2022 (arXiv 2212.07306),
McFarlane 2025 (arXiv 2510.10171), Qin et al. 2021 (arXiv 2106.06389). All assume one collateral and
one debt, no protocol fee and no limit by balance; exact amounts: `models.lending.liquidation`.
"""

from msgspec import Struct


def restoring_repay(
    collateral: float, debt: float, threshold: float, bonus: float, target: float = 1.0
) -> float | None:
    """R = (T·D − q·C)/(T − k), USD to repay by liquidation until health is T; 0 when it is.

    None where no repayment helps (T ≤ k), or more than the debt or the collateral would be needed.

    >>> round(restoring_repay(136_000.0, 110_000.0, 0.8, 0.05))
    7500
    """
    lacking = target * debt - threshold * collateral
    if lacking <= 0.0:
        return 0.0
    slope = target - threshold * (1.0 + bonus)
    if slope <= 0.0:
        return None
    repay = lacking / slope
    return repay if repay <= debt and repay * (1.0 + bonus) <= collateral else None


def health_after(health: float, share: float, threshold: float, bonus: float) -> float:
    """HF′ = (HF − f·k)/(1 − f) after a liquidation repaid the share f of the debt, f < 1.

    It improves exactly where HF > k.
    """
    return (health - share * threshold * (1.0 + bonus)) / (1.0 - share)


def toxic_ltv(bonus: float, slippage: float = 1.0) -> float:
    """Debt over collateral from which on a liquidation makes health worse: 1/((1 + b)·λ).

    λ = 1 without slippage.
    """
    return 1.0 / ((1.0 + bonus) * slippage)


class TwoRepayments(Struct, frozen=True):
    """The best of two liquidations against one, USD."""

    first: float  # keeps the account just liquidatable
    second: float
    profit: float
    profit_at_once: float


def two_repayments(
    collateral: float, debt: float, threshold: float, bonus: float, close: float
) -> TwoRepayments:
    """Repay until health is just below one, then the close factor of what is left.

    profit = b·(r1 + r2), r1 = (D − q·C)/(1 − k), r2 = c·(D − r1); at once: b·c·D. Where r1 does not
    exist, or one liquidation may take more than it, nothing is gained: r1 = 0.
    """
    first = restoring_repay(collateral, debt, threshold, bonus)
    if first is None or first > close * debt:
        first = 0.0
    second = close * (debt - first)
    return TwoRepayments(first, second, bonus * (first + second), bonus * close * debt)
