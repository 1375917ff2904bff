"""A rule as a sentence, so that one can see what a settings file means."""

from schemas.rule import Rule


def rule_words(rule: Rule) -> str:
    """What a rule does, in words.

    >>> rule_words(Rule(name="stress", metric="regimes.p_stress", op=">=", enter=0.8))
    'enters when regimes.p_stress >= 0.8; leaves when not >= 0.8'
    """
    scope = " and ".join(
        f"{column} is {' or '.join(accepted)}" for column, accepted in rule.scope.items()
    )
    enters = f"enters when {rule.metric} {rule.op} {rule.enter:,.10g}"
    if rule.n > 1:
        enters += f" in {rule.m} of {rule.n} rows"
    if scope:
        enters += f", where {scope}"
    parts = [enters]
    if rule.escalate is not None:
        parts.append(f"escalates when {rule.op} {rule.escalate:,.10g}")
    leaves = f"leaves when not {rule.op} {rule.leave_level:,.10g}"
    if rule.dwell_s:
        leaves += f", after {rule.dwell_s:,.10g} s at the earliest"
    parts.append(leaves)
    if rule.cooldown_s:
        parts.append(f"is silent for {rule.cooldown_s:,.10g} s then")
    if rule.advice:
        valid = f", valid for {rule.advice_valid_s:,.10g} s" if rule.advice_valid_s else ""
        parts.append(f'advises "{rule.advice}"{valid}')
    return "; ".join(parts)
