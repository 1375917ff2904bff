"""Which numbers a lending contract can say."""

import pytest

from models.lending.limits import LIMIT, possible, price_or_none
from schemas.chain_event import (
    AccountReading,
    AssetPrice,
    CometReading,
    CometSupply,
    Event,
    ScaledMint,
)


@pytest.mark.parametrize(
    ("price", "kept"), [(None, None), (-1, None), (0, None), (1, 1), (LIMIT - 1, LIMIT - 1),
                        (LIMIT, None)]
)  # fmt: skip
def test_prices(price: int | None, kept: int | None) -> None:
    assert price_or_none(price) == kept


def comet(supply_index: int, decimals: int, factor: int) -> CometReading:
    return CometReading("0xb", decimals, supply_index, 1, 0, 0, 0, (("0xa", 8, 0, factor, 0, 0),))


@pytest.mark.parametrize(("event", "whether"), [
    (AssetPrice("0xa", -1), True),  # the price alone is unknown
    (ScaledMint("0xu", LIMIT - 1, 0, 1), True), (ScaledMint("0xu", LIMIT, 0, 1), False),
    (ScaledMint("0xu", -1, 0, 1), False), (CometSupply("0xu", -1), True),
    (CometSupply("0xu", 1 - LIMIT), True), (CometSupply("0xu", -LIMIT), False),
    (AccountReading("0xu", (("0xa", -1),), (), ()), False),
    (AccountReading("0xu", (), (("0xa", LIMIT),), ()), False),
    (comet(1, 77, 5), True), (comet(0, 77, 5), False), (comet(1, 78, 5), False),
    (comet(1, 77, LIMIT), False),
])  # fmt: skip
def test_events(event: Event, whether: bool) -> None:
    assert possible(event) is whether
