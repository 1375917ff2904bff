"""What is assumed of Hyperliquid."""

from typing import Annotated

from msgspec import Meta, field

from sources.assumed import Assumed

_Seconds = Annotated[float, Meta(gt=0)]
_Connections = Annotated[int, Meta(ge=1, le=1000)]
_Token = Annotated[int, Meta(ge=0)]


class HyperliquidAssumed(Assumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Repeats, words of forced fills, quotes of dexes, tickers, connections.

    Repeats: in a recording of 2025-01 the first frame of a coin repeats 30 fills, up to 50 s old;
    live fills are less than 1 s old. Words: of live fills, in no official list.
    """

    old_fill_s: _Seconds = 2.0
    """A fill of a coin's first frame that is older than this is a repeat and no flow."""

    liquidated_words: list[str] = field(default_factory=lambda: ["Liquidated "])
    """What `dir` begins with when the account of a forced fill is the liquidated one."""

    deleveraged_words: list[str] = field(default_factory=lambda: ["Auto-Deleveraging"])
    """What `dir` is when that account took over the position of the liquidated one."""

    usde_token: _Token = 235
    """The spot token whose index, as a dex's collateral, means that its quote is USDE."""

    usdh_token: _Token = 360
    """The same of USDH."""

    tops_match_books: bool = False
    """A ticker shows the book of the same `time`, so that the two are compared; false: never."""

    connections_per_ip: _Connections = 10
    """Connections that one address may have (older documents say 100): the 1000 subscriptions it
    may have are shared out among so many. Asked for, not counted."""
