"""Rules in words: everything that a rule may say."""

from flows.rule_words import rule_words
from schemas.rule import Rule


def test_a_rule_with_everything() -> None:
    rule = Rule(
        name="r",
        metric="ticks.bid_depth_usd_25bp",
        op="<",
        enter=1_000_000.0,
        leave=2_000_000.0,
        scope={"asset": ["BTC", "ETH"], "venue": ["okx"]},
        m=3,
        n=5,
        dwell_s=30.0,
        cooldown_s=300.0,
        escalate=300_000.0,
        advice="Hedge.",
        advice_valid_s=60.0,
    )
    assert rule_words(rule) == (
        "enters when ticks.bid_depth_usd_25bp < 1,000,000 in 3 of 5 rows, "
        "where asset is BTC or ETH and venue is okx; escalates when < 300,000; "
        "leaves when not < 2,000,000, after 30 s at the earliest; is silent for 300 s then; "
        'advises "Hedge.", valid for 60 s'
    )


def test_a_rule_with_nothing_but_what_is_needed() -> None:
    rule = Rule(name="r", metric="ticks.latency_ms", op=">", enter=0.5)
    assert rule_words(rule) == "enters when ticks.latency_ms > 0.5; leaves when not > 0.5"
