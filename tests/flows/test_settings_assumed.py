"""`[assumed.<venue>]`: what is kept, and every mistake with its place and the nearest name."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from flows.settings import load
from schemas.errors import SettingsError
from schemas.settings import Settings
from sources.registry import assumed_for
from tests.shared import ROOT

NOTHING: Mapping[str, str] = {}


def loaded(tmp_path: Path, text: str, environ: Mapping[str, str] = NOTHING) -> Settings:
    path = tmp_path / "seawall.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ, {})


def mistakes(tmp_path: Path, text: str, environ: Mapping[str, str] = NOTHING) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        loaded(tmp_path, text, environ)
    return [str(mistake).removeprefix(f"{tmp_path}/") for mistake in wrong.value.mistakes]


def test_only_what_is_set_is_kept(tmp_path: Path) -> None:
    text = """
[assumed.coinbase-advanced]
side_is_maker = true             # its default
[assumed.hyperliquid]
old_fill_s = 3
liquidated_words = ["Liquidated ", "Forced "]
[assumed.okx]
"""
    assert loaded(tmp_path, text).assumed == {
        "coinbase-advanced": {"side_is_maker": True},
        "hyperliquid": {"old_fill_s": 3.0, "liquidated_words": ["Liquidated ", "Forced "]},
    }
    assert loaded(tmp_path, "[assumed]").assumed == loaded(tmp_path, "").assumed == {}


def test_every_mistake_has_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    text = """
[assumed.coinbase-advancd]
side_is_maker = false
[assumed.coinbase-advanced]
side_is_makr = false
[assumed.hyperliquid]
old_fill_s = "2"
connections_per_ip = 0
deleveraged_words = [1]
[assumed.binance-usdm]
trade_stream = "trades"
[assumed.bybit-linear]
break_is_gap = 1
[regime]
step_s = "long"
"""
    assert mistakes(tmp_path, text) == [
        'seawall.toml:2: unknown venue "coinbase-advancd", did you mean "coinbase-advanced"?',
        'seawall.toml:5: unknown key "side_is_makr", did you mean "side_is_maker"?',
        'seawall.toml:7: assumed.hyperliquid.old_fill_s must be a number, not the text "2"',
        "seawall.toml:8: assumed.hyperliquid.connections_per_ip must be at least 1 and at most "
        "1000, not 0",
        "seawall.toml:9: assumed.hyperliquid.deleveraged_words must be text in quotes, not 1",
        'seawall.toml:11: assumed.binance-usdm.trade_stream must be one of "aggTrade", "trade", '
        'not the text "trades"',
        "seawall.toml:13: assumed.bybit-linear.break_is_gap must be true or false, not 1",
        'seawall.toml:15: regime.step_s must be a number, not the text "long"',
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("assumed = 5", "seawall.toml:1: assumed must be a table, not 5"),
        ("assumed = []", "seawall.toml:1: assumed must be a table, not a list"),
        ("[assumed]\nokx = true", "seawall.toml:2: assumed.okx must be a table, not true"),
        (
            "[assumed.pyth]\nx = 1",
            'seawall.toml:1: nothing is assumed of "pyth", only of binance-usdm, binance-coinm, '
            "binance-spot, bybit-linear, okx, deribit, hyperliquid, coinbase-advanced",
        ),
        (
            "[asumed.okx]\nliquidations_thinned = true",
            'seawall.toml:1: unknown key "asumed", did you mean "assumed"?',
        ),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: str, told: str) -> None:
    assert mistakes(tmp_path, text) == [told]


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    environ = {
        "SEAWALL_ASSUMED__okx__liquidations_thinned": "false",
        "SEAWALL_ASSUMED__deribit__volatility_indices": '["BTC", "SOL"]',
        "SEAWALL_ASSUMED__deribit__channels_per_subscribe": "100",
    }
    text = "[assumed.okx]\nliquidations_thinned = true"
    assert loaded(tmp_path, text, environ).assumed == {
        "okx": {"liquidations_thinned": False},
        "deribit": {"volatility_indices": ["BTC", "SOL"], "channels_per_subscribe": 100},
    }
    wrong = {
        "SEAWALL_ASSUMED__okx__liquidations_thinned": "maybe",
        "SEAWALL_ASSUMED__okx__thin": "true",
        "SEAWALL_ASSUMED__okex__x": "true",
    }
    assert sorted(mistakes(tmp_path, "", wrong)) == [
        'SEAWALL_ASSUMED__OKEX__X: unknown venue "okex", did you mean "okx"?',
        "SEAWALL_ASSUMED__OKX__LIQUIDATIONS_THINNED: assumed.okx.liquidations_thinned must be "
        'true or false, not the text "maybe"',
        'SEAWALL_ASSUMED__OKX__THIN: unknown key "thin", valid are liquidations_thinned',
    ]


def test_one_mistake_hides_nothing_else(tmp_path: Path) -> None:
    text = '[[instrument]]\nname = "okx"\n[assumed.okx]\nthin = 1'
    assert mistakes(tmp_path, text) == [
        'seawall.toml:2: "okx" is no instrument: write <venue>:<symbol>, as in '
        "binance-usdm:BTCUSDT",
        'seawall.toml:4: unknown key "thin", valid are liquidations_thinned',
    ]


def test_the_examples_that_are_shipped_are_the_defaults(tmp_path: Path) -> None:
    lines = (ROOT / "infra/seawall.toml").read_text(encoding="utf-8").splitlines()
    begin = next(k for k, line in enumerate(lines) if line.startswith("# [assumed."))
    shown = [line.removeprefix("# ") for line in lines[begin : lines.index("", begin)]]
    assumed = loaded(tmp_path, "\n".join(shown)).assumed
    assert len(assumed) == 4
    for venue, table in assumed.items():
        usual = assumed_for(venue)
        assert {key: getattr(usual, key) for key in table} == table
