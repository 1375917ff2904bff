"""What numbers a lending contract can say at all; anything else is not its log."""

from typing import Final

from msgspec import structs

from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    CometCollateral,
    CometReading,
    CometSupply,
    Event,
)

LIMIT: Final = 1 << 128  # contracts keep amounts, indices, rates and prices in 128 bits or fewer
MOST_DECIMALS: Final = 77  # of a token: 10^77 is the largest power of ten in 256 bits


def price_or_none(price: int | None) -> int | None:
    """A price that is one; None otherwise."""
    return price if price is not None and 0 < price < LIMIT else None


def possible(event: Event) -> bool:
    """Whether all numbers of an event are in range; of prices, `price_or_none` decides."""
    if isinstance(event, AssetPrice):
        return True
    numbers = [each for each in structs.astuple(event) if isinstance(each, int)]
    if isinstance(event, AccountReading):
        numbers += [amount for _, amount in (*event.collateral, *event.debt)]
    if isinstance(event, CometReading):
        numbers += [number for _, *each in event.assets for number in each]
        if min(event.supply_index, event.borrow_index) <= 0 or event.base_decimals > MOST_DECIMALS:
            return False
    lowest = 1 - LIMIT if isinstance(event, CometSupply | CometCollateral) else 0
    return all(lowest <= each < LIMIT for each in numbers)
