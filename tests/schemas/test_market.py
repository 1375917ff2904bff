"""Rows of the market flow: their columns cover the distances and sizes of the unit table."""

from schemas.market import DepthCurve, Liquidation, PositionSide, Tick
from schemas.units import COST_USD, DEPTH_BANDS_BP


def test_a_depth_column_for_every_band_and_side_in_order() -> None:
    found = [name for name in Tick.__struct_fields__ if "_depth_usd_" in name]
    assert found == [f"{side}_depth_usd_{bp}bp" for side in ("bid", "ask") for bp in DEPTH_BANDS_BP]


def test_a_cost_column_for_every_size_and_side_in_order() -> None:
    sizes = {10_000.0: "10k", 100_000.0: "100k", 1_000_000.0: "1m"}
    found = [name for name in Tick.__struct_fields__ if "_cost_bp_" in name]
    assert found == [f"{side}_cost_bp_{sizes[usd]}" for side in ("buy", "sell") for usd in COST_USD]


def test_every_group_of_a_tick_has_its_age() -> None:
    ages = [name for name in Tick.__struct_fields__ if name.endswith("_age_ms")]
    assert ages == ["book_age_ms", "top_age_ms", "trade_age_ms", "mark_age_ms"]


def test_rows_name_their_instrument() -> None:
    for row in (Tick, DepthCurve, Liquidation):
        assert {"venue", "instrument", "asset", "flags"} <= set(row.__struct_fields__)


def test_whose_position_was_closed() -> None:
    assert {side.name: int(side) for side in PositionSide} == {"long": 1, "short": 2}
