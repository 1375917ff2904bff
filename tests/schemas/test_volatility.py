"""Rows of the volatility flow: horizons and labels by name."""

from schemas.volatility import Regime, RegimeLabel, Volatility


def test_horizons_of_the_contract() -> None:
    names = Volatility.__struct_fields__
    variances = [n.removeprefix("realised_variance_") for n in names if "realised" in n]
    assert variances == ["1m", "5m", "30m", "4h", "1d"]
    assert [n for n in names if n.startswith("ewma_vol_")] == [
        "ewma_vol_5m",
        "ewma_vol_1h",
        "ewma_vol_1d",
    ]


def test_labels_in_the_order_of_their_probabilities() -> None:
    labels = [label.name for label in RegimeLabel if label is not RegimeLabel.unknown]
    found = [n.removeprefix("p_") for n in Regime.__struct_fields__ if n.startswith("p_")]
    assert found == labels
    assert RegimeLabel.unknown == 1
