"""Each market is one row: venue, kind, product, continuity rule, where its snapshot is."""

from sources.binance_family import MARKETS, Market
from sources.book_sync import Continuity
from tests.sources.talk import SPOT, USDM


def test_the_rows() -> None:
    assert dict(MARKETS) == {
        USDM: Market(
            USDM, "perpetual", 1, Continuity(by_previous=True),
            "https://fapi.binance.com/fapi/v1/depth?symbol={symbol}&limit=1000",
        ),
        SPOT: Market(
            SPOT, "spot", 0, Continuity(by_previous=False),
            "https://api.binance.com/api/v3/depth?symbol={symbol}&limit=5000",
        ),
    }  # fmt: skip
