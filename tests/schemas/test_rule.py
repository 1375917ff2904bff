"""Rules as they stand in settings: the example of the contract, and what is left out."""

import tomllib

import msgspec

from schemas.rule import Rule

EXAMPLE = """
name = "critical-shock-close"
metric = "cascades.critical_shock_down"
scope = { asset = ["BTC", "ETH"] }
op = "<"
enter = 0.03
leave = 0.0375
m = 3
n = 5
dwell_s = 30
cooldown_s = 300
escalate = 0.02
on_quality = ["ok", "degraded"]
advice = "delta"
"""


def test_the_example_of_the_contract() -> None:
    rule = msgspec.convert(tomllib.loads(EXAMPLE), Rule)
    assert rule == Rule(
        name="critical-shock-close",
        metric="cascades.critical_shock_down",
        op="<",
        enter=0.03,
        leave=0.0375,
        scope={"asset": ["BTC", "ETH"]},
        m=3,
        n=5,
        dwell_s=30.0,
        cooldown_s=300.0,
        escalate=0.02,
        on_quality=["ok", "degraded"],
        advice="delta",
        advice_valid_s=None,
    )
    assert (rule.table, rule.column, rule.leave_level) == (
        "cascades",
        "critical_shock_down",
        0.0375,
    )


def test_what_is_left_out() -> None:
    rule = Rule(name="r", metric="ticks.mid_px", op=">", enter=1.0)
    assert rule.leave_level == 1.0
    assert (rule.m, rule.n, rule.scope, list(rule.on_quality)) == (1, 1, {}, ["ok", "degraded"])
