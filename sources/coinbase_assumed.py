"""What is assumed of Coinbase Advanced."""

from sources.assumed import Assumed


class CoinbaseAssumed(Assumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose side a trade's `side` is.

    The venue documents the maker's for its other interface, some clients take it as the taker's.
    In a recording of 2026-08-09 it is the maker's in 77 of the 77 trades that the book decides;
    tests/sources/test_coinbase_taker.py measures that, and any other recording.
    """

    side_is_maker: bool = True
    """`side` of `market_trades` is the maker's, so the taker is on the other one."""
