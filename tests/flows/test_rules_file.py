"""The ready rules: no mistakes, silent over calm BTC and ETH, and each of them can be triggered."""

import tomllib
from typing import Any

import msgspec
import pytest

from flows.rule_mistakes import rule_mistakes
from models.rules import RuleMachine
from schemas.quality import Quality
from schemas.rule import Rule
from schemas.tables import TABLES
from schemas.volatility import RegimeLabel
from tests.shared import ROOT

TEXT = (ROOT / "infra" / "rules.toml").read_text()
RULES = msgspec.convert(tomllib.loads(TEXT)["rule"], list[Rule])

# The worst read off the recordings (Binance 2023 and 2024, Hyperliquid 2025, Bybit and Coinbase
# 2026). Regimes and forecast: what a lively but orderly day looks like.
CALM: dict[str, float] = {
    "regimes.p_stress": 0.3,
    "regimes.regime": RegimeLabel.normal,
    "volatility.forecast_vol": 0.9,
    "ticks.spread_bp": 0.26,
    "ticks.bid_depth_usd_25bp": 2_875_010.0,
    "ticks.ask_depth_usd_25bp": 2_859_574.0,
    "ticks.sell_cost_bp_1m": 6.02,
    "ticks.buy_cost_bp_1m": 5.97,
    "ticks.funding_rate_1h": 0.0001 / 8,
    "ticks.basis": 65_117.44 / 65_137.76 - 1,
    "ticks.book_age_ms": 847.0,
    "ticks.latency_ms": 774.0,
    "ticks.quality": Quality.ok,
}


def test_no_mistakes() -> None:
    assert rule_mistakes(RULES, TABLES) == []


def test_every_rule_says_what_to_do_and_every_metric_is_here() -> None:
    assert [rule.name for rule in RULES if not rule.advice or rule.advice_valid_s is None] == []
    assert {rule.metric for rule in RULES} == CALM.keys()


def states(rule: Rule, values: list[Any]) -> list[str]:
    machine = RuleMachine(rule)
    seconds = enumerate(values)
    return [
        it.state.name
        for second, value in seconds
        for it in machine.evaluate(second * 1_000_000_000, value, Quality.ok)
    ]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_silent_when_calm_and_a_whole_story_when_not(rule: Rule) -> None:
    calm: list[Any] = [CALM[rule.metric]] * 60
    assert states(rule, calm) == []
    worst = rule.enter if rule.escalate is None else rule.escalate * 2 - rule.enter
    long = round(rule.dwell_s) + rule.n + 1
    expected = ["enter", "leave"] if rule.escalate is None else ["enter", "escalate", "leave"]
    assert states(rule, calm + [worst] * long + calm) == expected
