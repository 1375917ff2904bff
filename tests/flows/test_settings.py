"""Loading settings: precedence, and every kind of mistake with its place, all told at once."""

from pathlib import Path

import pytest
from msgspec import structs

from flows.settings import grid_ns, load
from schemas.errors import SettingsError
from schemas.settings import (
    GridSettings,
    InstrumentSettings,
    RegimeSettings,
    Settings,
    StoreSettings,
)


def written(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    Path("seawall.toml").write_text(text, encoding="utf-8")
    return Path("seawall.toml")


def mistakes(path: Path | None, environ: dict[str, str], **overrides: object) -> list[str]:
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    with pytest.raises(SettingsError) as caught:
        load(path, environ, named)
    assert caught.value.exit_code == 2
    return str(caught.value).splitlines()


def test_without_anything_the_defaults_hold() -> None:
    assert load(None, {"HOME": "/", "SEAWALL_SHARED": "x", "SEAWALL_CONFIG": "y"}, {}) == Settings()


def test_command_line_over_environment_over_file_over_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(
        tmp_path,
        '[grid]\ninterval = "1s"\n[store]\nurl = "chdb://file"\n'
        "[regime]\nenter = 0.9\nleave = 0.6\n",
        monkeypatch,
    )
    environ = {"SEAWALL_STORE__URL": "chdb://environment", "SEAWALL_REGIME__ENTER": "0.7"}
    settings = load(path, environ, {"store.url": "chdb://command", "state.dir": None})
    assert settings == Settings(
        grid=GridSettings(interval="1s"),
        store=StoreSettings(url="chdb://command"),
        regime=RegimeSettings(enter=0.7, leave=0.6),
    )


def test_environment_values_take_the_type_of_their_setting() -> None:
    environ = {
        "SEAWALL_RUN": "5",
        "SEAWALL_FLOW__WORKERS": "2",
        "SEAWALL_REGIME__STEP_S": "5",
        "SEAWALL_REGIME__MEMBERS": "okx:A, okx:B",
        "SEAWALL_REGIME__PRIOR_VOL__SOL": "0.9",
        "SEAWALL_STATE__DIR": "",
        "SEAWALL_INSTRUMENT": '[{ name = "okx:A", price_decimals = 2 }]',
    }
    assert load(None, environ, {}) == Settings(
        run="5",
        flow=structs.replace(Settings().flow, workers=2),
        regime=RegimeSettings(step_s=5.0, members=["okx:A", "okx:B"], prior_vol={"SOL": 0.9}),
        instrument=[InstrumentSettings(name="okx:A", price_decimals=2)],
    )


def test_every_mistake_of_every_place_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(
        tmp_path,
        """# comment
run = "a b"
colour = 1
[grid]
intervall = "1s"
[store]
url = 5
retention_days = 9
[regime]
tempering = 1.5
members = [
  "okx:A",
  "okxx:A",
  "okx:A",
  "BTC",
]
prior_vol = { BTC = -1.0 }
enter = nan
[flow]
workers = true
chunk_frames = 2.0
[[source]]
files = ["no-such-file.gz"]
venue = "binance-usmd"
[[source]]
venue = "okx"
[[instrument]]
name = "okx:A"
kind = "swap"
[[instrument]]
name = "okx:A"
[[instrument]]
name = "okx:"
price_decimals = 13
[stale]
book_s = "10s"
""",
        monkeypatch,
    )
    environ = {"SEAWALL_REGIME__STEPS": "5", "SEAWALL_STALE__HOLE_S": "soon", "SEAWALL_GRID": "1s"}
    told = mistakes(path, environ, flow__epoch_s=-1.0)
    assert told == [
        'seawall.toml:2: run "a b" must be 1 to 64 letters, digits, ".", "_" or "-"',
        'seawall.toml:3: unknown key "colour", valid are assumed, chain, flow, grid, instrument, '
        "live, regime, rule, run, source, stale, state, store, volatility",
        'seawall.toml:5: unknown key "intervall", did you mean "interval"?',
        "seawall.toml:7: store.url must be text in quotes, not 5",
        'seawall.toml:8: unknown key "retention_days", valid are url',
        "seawall.toml:10: regime.tempering must be above 0 and at most 1, not 1.5",
        'seawall.toml:13: unknown venue "okxx", did you mean "okx"?',
        'seawall.toml:14: regime.members: "okx:A" stands twice',
        'seawall.toml:15: "BTC" is no instrument: write <venue>:<symbol>, as in '
        "binance-usdm:BTCUSDT",
        "seawall.toml:17: regime.prior_vol.BTC must be above 0, not -1.0",
        "seawall.toml:18: regime.enter must be a number, not nan",
        "seawall.toml:20: flow.workers must be a whole number, not true",
        "seawall.toml:21: flow.chunk_frames must be a whole number, not 2.0",
        "seawall.toml:23: no-such-file.gz does not exist",
        'seawall.toml:24: unknown venue "binance-usmd", did you mean "binance-usdm"?',
        'seawall.toml:25: source needs "files", or "venue" and "instruments", "top" or "accounts"',
        'seawall.toml:29: instrument.kind must be one of "chain", "future", "index", "option", '
        '"perpetual", "pool", "spot", not the text "swap"',
        'seawall.toml:31: instrument.name: "okx:A" stands twice',
        'seawall.toml:33: "okx:" is no instrument: write <venue>:<symbol>, as in '
        "binance-usdm:BTCUSDT",
        "seawall.toml:34: instrument.price_decimals must be at least 0 and at most 12, not 13",
        'seawall.toml:36: stale.book_s must be a number, not the text "10s"',
        "SEAWALL_GRID: names a section, not a setting: valid are SEAWALL_GRID__INTERVAL",
        'SEAWALL_REGIME__STEPS: unknown setting "steps", did you mean "step_s"?',
        "--epoch: flow.epoch_s must be at least 0, not -1.0",
        'SEAWALL_STALE__HOLE_S: stale.hole_s must be a number, not the text "soon"',
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = \n", "seawall.toml:1:5: not TOML: invalid value"),
        ('x = 1\n[a\ny = "b"', "seawall.toml:2:3: not TOML: expected ']' at the end of a table"),
        ("[grid]\nx = [1,", "seawall.toml:2:8: not TOML: invalid value"),
        ("a = 1\na = 2", "seawall.toml:2:6: not TOML: cannot overwrite a value"),
    ],
)
def test_a_syntax_error_has_line_and_column(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mistakes(written(tmp_path, text, monkeypatch), {})[0].startswith(told)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert mistakes(Path("none.toml"), {}) == ["none.toml: No such file or directory"]
    assert mistakes(Path(), {}) == [".: Is a directory"]
    Path("latin.toml").write_bytes(b'run = "\xe9"')
    assert mistakes(Path("latin.toml"), {}) == ["latin.toml: not UTF-8 text at byte 7"]


def test_a_table_where_a_value_belongs_and_the_other_way_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "grid = 5\nsource = 1\nrule = [1]\n[run]\n", monkeypatch)
    assert mistakes(path, {"SEAWALL_GRID__INTERVAL": "1s"}) == [
        "seawall.toml:1: grid must be a table, not 5",
        "seawall.toml:2: source must be tables written [[source]], not 1",
        "seawall.toml:3: rule must be a table, not 1",
        "seawall.toml:4: run must be text in quotes, not a table",
    ]


@pytest.mark.parametrize("grid", ["1ms", "8ms", "250ms", "500ms", "1s", "2s", "60s"])
def test_grids_that_divide_a_second_or_are_whole_seconds(grid: str) -> None:
    settings = load(None, {}, {"grid.interval": grid})
    assert 10**9 % grid_ns(settings) == 0 or grid_ns(settings) % 10**9 == 0


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ("300ms", 'grid.interval "300ms" must divide 1s, or be a whole number of seconds'),
        ("1.5s", 'grid.interval "1.5s" must divide 1s, or be a whole number of seconds'),
        ("500us", 'grid.interval "500us" is below 1ms'),
        ("quick", 'grid.interval: "quick" is not a duration: write a number and one of us, ms, s,'),
        (
            "7s",
            "regime.step_s must be a whole number of seconds and a multiple of the grid (7s), "
            "not 60",
        ),
    ],
)
def test_other_grids_are_refused(grid: str, told: str) -> None:
    (only,) = mistakes(None, {}, grid__interval=grid)
    assert only.startswith(f"--grid: {told}")


def test_the_regime_step_fits_the_grid_and_whole_seconds() -> None:
    for step in ("0.5", "7.25", "3"):
        (only,) = mistakes(None, {"SEAWALL_REGIME__STEP_S": step, "SEAWALL_GRID__INTERVAL": "2s"})
        assert only.startswith("SEAWALL_REGIME__STEP_S: regime.step_s must be a whole number of")


def test_a_store_that_is_none() -> None:
    (only,) = mistakes(None, {}, store__url="htp://user:secret@host")
    assert only.startswith("--store: store.url: store 'htp://…' is not known: write chdb://folder")


def test_thresholds_in_the_wrong_order() -> None:
    environ = {
        "SEAWALL_REGIME__LEAVE": "0.9",
        "SEAWALL_REGIME__THRESHOLD_LEAVE": "4",
        "SEAWALL_REGIME__STAY_PROBABILITY": "0.5",
        "SEAWALL_REGIME__STEP_S": "120",
    }
    assert mistakes(None, environ) == [
        "SEAWALL_REGIME__LEAVE: regime.leave must not be above regime.enter (0.8)",
        "SEAWALL_REGIME__THRESHOLD_LEAVE: regime.threshold_leave must not be above "
        "regime.threshold_enter (3)",
        "SEAWALL_REGIME__STAY_PROBABILITY: regime.stay_probability is per 60 s: "
        "over a step of 120 s nothing of it is left",
    ]


def test_sources_are_files_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.gz").write_bytes(b"")
    Path("folder").mkdir()
    told = mistakes(None, {}, source=[{"files": ["a.gz", "folder"]}, {"files": ["a.gz"]}])
    assert told == [
        "command line: folder is neither a file nor a spool",
        'command line: source.files: "a.gz" stands twice',
    ]
    assert load(None, {}, {"source": [{"files": ["a.gz"]}]}).source[0].files == ["a.gz"]


RULE = """[[rule]]
name = "{name}"
metric = "regimes.p_stress"
op = ">="
enter = 0.8
leave = 0.5
"""


def test_rules_are_checked_where_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = RULE.format(name="a") + '[[rule]]\nname = "half"\n' + RULE.format(name="b")
    path = written(tmp_path, text.replace("regimes.p_stress", "regime.p_stress"), monkeypatch)
    told = mistakes(path, {})
    assert told[1:4] == [
        'seawall.toml:7: rule needs "metric"',
        'seawall.toml:7: rule needs "op"',
        'seawall.toml:7: rule needs "enter"',
    ]
    assert told[0].startswith("seawall.toml:3: ")
    assert told[4].startswith("seawall.toml:11: ")
    assert "regime" in told[0]
    assert len(told) == 5


def test_good_rules_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = RULE.format(name="a") + RULE.format(name="b")
    settings = load(written(tmp_path, text, monkeypatch), {}, {})
    assert [rule.name for rule in settings.rule] == ["a", "b"]
    path = written(tmp_path, RULE.format(name="a") * 2, monkeypatch)
    assert any(line.startswith("seawall.toml:8: ") for line in mistakes(path, {}))


def test_the_example_file_shows_the_defaults() -> None:
    settings = load(Path(__file__).resolve().parents[2] / "infra" / "seawall.toml", {}, {})
    assert structs.replace(settings, instrument=[], rule=[]) == Settings()
