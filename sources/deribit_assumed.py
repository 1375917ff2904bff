"""What is assumed of Deribit."""

from typing import Annotated

from msgspec import Meta, field

from sources.assumed import Assumed

_Channels = Annotated[int, Meta(ge=1)]


class DeribitAssumed(Assumed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The side of a liquidated maker, volatility indices, the size of a request.

    The flag `liquidation` was not seen in a capture of 2026; what its M means is from recordings
    of 2020.
    """

    forced_maker_opposes: bool = True
    """With flag M or MT the maker's forced order is opposite to `direction`; false: on its side."""

    volatility_indices: list[str] = field(default_factory=lambda: ["BTC", "ETH"])
    """Coins with a volatility index, of which the venue has no list. Asked for, not counted."""

    channels_per_subscribe: _Channels = 500
    """Most channels that one subscribe may name. Asked for, not counted."""
