"""Whether all liquidations are published."""

from msgspec.structs import asdict

from sources.okx_assumed import OkxAssumed
from tests.sources.assuming import only_column
from tests.sources.okx_frames import LINEAR, MARKETS, rows
from tests.sources.test_okx_rows import closed


def test_the_default() -> None:
    assert asdict(OkxAssumed()) == {"liquidations_thinned": True}


def test_liquidations_thinned() -> None:
    two = {"instId": LINEAR, "instType": "SWAP", "uly": "x", "details": [closed(), closed()]}
    lines = (rows("liquidation-orders", two, instType="SWAP"),)
    only_column(
        "okx", lines, "liquidations_thinned", False, ("liquidation", "thinned"),
        ([1, 1], [0, 0]), (2, 2), MARKETS,
    )  # fmt: skip
