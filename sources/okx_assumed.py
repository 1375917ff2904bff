"""What is assumed of OKX."""

from sources.assumed import Assumed


class OkxAssumed(Assumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether all liquidations are published.

    One order a contract and second was all there was; whether that is so today is not stated. The
    count `liquidations_of_one_second` tells when there are more.
    """

    liquidations_thinned: bool = True
    """`liquidation-orders` are a sample of all; false: they are all."""
