"""What is assumed of Bybit's linear contracts."""

from sources.assumed import Assumed


class BybitAssumed(Assumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether books of N levels keep the chain that is promised for the full book only."""

    break_is_gap: bool = True
    """A `u` that rises by more than one is a loss; false: what comes after it applies."""
