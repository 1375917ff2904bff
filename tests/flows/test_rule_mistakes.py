"""Mistakes in rules: each by itself with its whole text, and all of a file at once."""

import math
from typing import Any

import pytest

from flows.rule_mistakes import RuleMistake, rule_mistakes
from schemas.rule import Rule
from schemas.tables import TABLES


def rule(**fields: Any) -> Rule:
    defaults = {"name": "r", "metric": "ticks.spread_bp", "op": ">", "enter": 2.0}
    return Rule(**(defaults | fields))


def mistakes(*rules: Rule) -> list[RuleMistake]:
    return rule_mistakes(rules, TABLES)


WATCHED = (
    "valid are depth_curves, gas, lending_accounts, mempool, oracles, pools, regimes, ticks, "
    "volatility"
)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"leave": 2.0, "escalate": 2.0, "op": ">="},
        {"leave": 2.0, "escalate": 2.0, "op": "<"},
        {"leave": 1.0, "escalate": 3.0},
        {"op": "<=", "leave": 3.0, "escalate": 1.0},
        {"m": 3, "n": 3, "dwell_s": 0.0, "cooldown_s": 9.5, "advice_valid_s": 1.0},
        {"metric": "regimes.threshold_stress", "scope": {"scope": ["market"]}},
        {"metric": "regimes.regime", "scope": {"asset": ["BTC"], "venue": ["okx"]}},
        {"metric": "regimes.members"},
        {"metric": "volatility.forecast_vol", "on_quality": ["warming", "gap"]},
    ],
)
def test_what_is_right(fields: dict[str, Any]) -> None:
    assert mistakes(rule(**fields)) == []


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"name": ""}, "name", "a rule needs a name"),
        ({"name": "a|b"}, "name", '"a|b" may not contain "|" or ":"'),
        ({"name": "a:b"}, "name", '"a:b" may not contain "|" or ":"'),
        ({"metric": "spread_bp"}, "metric", '"spread_bp" is not of the form table.column'),
        ({"metric": "ticks."}, "metric", '"ticks." is not of the form table.column'),
        ({"metric": ""}, "metric", '"" is not of the form table.column'),
        (
            {"metric": "tick.spread_bp"},
            "metric",
            '"tick.spread_bp": there is no table tick; did you mean "ticks"?',
        ),
        (
            {"metric": "zzz.spread_bp"},
            "metric",
            f'"zzz.spread_bp": there is no table zzz; {WATCHED}',
        ),
        (
            {"metric": "triggers.value"},
            "metric",
            f'"triggers.value": no rule can watch triggers; {WATCHED}',
        ),
        (
            {"metric": "liquidations.px"},
            "metric",
            f'"liquidations.px": no rule can watch liquidations; {WATCHED}',
        ),
        (
            {"metric": "runs.lines"},
            "metric",
            f'"runs.lines": no rule can watch runs; {WATCHED}',
        ),
        (
            {"metric": "feed_health.lag_p99_ms"},  # by the wall clock: a replay has none
            "metric",
            f'"feed_health.lag_p99_ms": no rule can watch feed_health; {WATCHED}',
        ),
        (
            {"metric": "ticks.spread_pb"},
            "metric",
            'ticks has no column spread_pb; did you mean "spread_bp"?',
        ),
        (
            {"metric": "ticks.asset"},
            "metric",
            "ticks.asset is not a number, a bool or an enum",
        ),
        (
            {"metric": "ticks.flags"},
            "metric",
            "ticks.flags is not a number, a bool or an enum",
        ),
        (
            {"metric": "ticks.ofi_levels_usd"},
            "metric",
            "ticks.ofi_levels_usd is not a number, a bool or an enum",
        ),
        (
            {"scope": {"assets": ["BTC"]}},
            "scope",
            'ticks has no column assets; did you mean "asset"?',
        ),
        (
            {"scope": {"quality": ["ok"]}},
            "scope",
            "ticks.quality is not a text; valid are asset, instrument, venue",
        ),
        ({"scope": {"asset": []}}, "scope", "asset = [] accepts nothing"),
        ({"leave": 2.5}, "leave", "2.5 is on the wrong side: already > enter 2.0"),
        ({"leave": 1.5, "op": "<="}, "leave", "1.5 is on the wrong side: already <= enter 2.0"),
        ({"escalate": 1.5}, "escalate", "1.5 is on the wrong side: enter 2.0 is > it"),
        (
            {"escalate": 2.5, "op": "<"},
            "escalate",
            "2.5 is on the wrong side: enter 2.0 is < it",
        ),
        ({"enter": math.nan}, "enter", "nan is not a finite number"),
        ({"leave": -math.inf}, "leave", "-inf is not a finite number"),
        ({"escalate": math.inf}, "escalate", "inf is not a finite number"),
        ({"dwell_s": math.inf}, "dwell_s", "inf is not a finite number"),
        ({"cooldown_s": math.nan}, "cooldown_s", "nan is not a finite number"),
        ({"dwell_s": -1.0}, "dwell_s", "-1.0 is negative"),
        ({"cooldown_s": -0.5}, "cooldown_s", "-0.5 is negative"),
        ({"advice_valid_s": -1.0}, "advice_valid_s", "-1.0 is negative"),
        ({"m": 0}, "m", "0 is less than 1"),
        ({"m": 4, "n": 3}, "m", "4 hits among 3 rows never happen: m is greater than n"),
        ({"on_quality": []}, "on_quality", "[] evaluates nothing"),
        (
            {"on_quality": ["ok", "degrade"]},
            "on_quality",
            'no quality is called "degrade"; did you mean "degraded"?',
        ),
    ],
)
def test_one_mistake(fields: dict[str, Any], field: str, text: str) -> None:
    assert mistakes(rule(**fields)) == [(0, field, text)]


def test_n_of_zero_also_has_too_few_rows() -> None:
    assert mistakes(rule(n=0)) == [
        (0, "n", "0 is less than 1"),
        (0, "m", "1 hits among 0 rows never happen: m is greater than n"),
    ]


def test_all_mistakes_of_all_rules_at_once() -> None:
    wrong = rule(
        metric="ticks.spread_pb",
        scope={"assets": [], "venue": []},
        leave=3.0,
        escalate=1.0,
        m=2,
        dwell_s=-1.0,
        on_quality=["good"],
    )
    assert mistakes(rule(), wrong, rule(name="other"), rule(name="a:b", m=0)) == [
        (1, "name", '"r" is the name of an earlier rule'),
        (1, "metric", 'ticks has no column spread_pb; did you mean "spread_bp"?'),
        (1, "scope", 'ticks has no column assets; did you mean "asset"?'),
        (1, "scope", "assets = [] accepts nothing"),
        (1, "scope", "venue = [] accepts nothing"),
        (1, "dwell_s", "-1.0 is negative"),
        (1, "leave", "3.0 is on the wrong side: already > enter 2.0"),
        (1, "escalate", "1.0 is on the wrong side: enter 2.0 is > it"),
        (1, "m", "2 hits among 1 rows never happen: m is greater than n"),
        (
            1,
            "on_quality",
            'no quality is called "good"; valid are degraded, gap, ok, stale, warming',
        ),
        (3, "name", '"a:b" may not contain "|" or ":"'),
        (3, "m", "0 is less than 1"),
    ]


def test_scope_is_not_judged_without_a_table() -> None:
    found = mistakes(rule(metric="tick.mid_px", scope={"whatever": ["x"]}))
    assert [(index, field) for index, field, _ in found] == [(0, "metric")]
