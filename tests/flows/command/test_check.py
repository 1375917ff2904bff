"""`seawall check`: what would run, or every mistake with its place."""

from pathlib import Path

import pytest

from flows.command.check import described
from flows.settings import load, numbers_hash
from schemas.settings import Settings
from tests.flows.command.door import Door

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Door:
    monkeypatch.chdir(tmp_path)
    return Door(monkeypatch, capsys)


def test_what_would_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.gz").write_bytes(b"\0" * 1_230_000)
    overrides: dict[str, object] = {
        "source": [{"files": ["a.gz"], "venue": "binance-spot"}],
        "store.url": "http://desk:secret@db:8123/",
        "state.dir": "state",
        "regime.members": ["okx:A", "okx:B"],
        "instrument": [{"name": "okx:A"}],
        "rule": [{"name": "r", "metric": "ticks.mid_px", "op": ">", "enter": 5}],
    }
    settings = load(None, {}, overrides)
    assert list(described(settings)) == [
        ("run", "main"),
        ("source", "a.gz (1.2 MB, binance-spot)"),
        ("store", "http://desk@db:8123/"),
        ("state", "state"),
        ("grid", "250ms"),
        ("regime", "a step of 60 s, stress from P = 0.8 on"),
        ("market regime of", "okx:A, okx:B"),
        ("instrument", "okx:A, with metadata from these settings"),
        ("rule r", "enters when ticks.mid_px > 5; leaves when not > 5"),
        ("hash of numbers", numbers_hash(settings)),
    ]


def test_what_is_not_set_is_said() -> None:
    texts = dict(described(Settings()))
    assert texts["source"] == "none: name recordings on the command line"
    assert texts["state"] == "none: a stopped run starts again from its first line"
    assert texts["market regime of"] == "per asset the perpetual with most volume"
    assert texts["rule"] == "none: nothing is triggered"


def test_every_mistake_and_2(door: Door) -> None:
    Path("s.toml").write_text('[grid]\nintervall = "1s"\n[flow]\nworkers = 0\n')
    assert door("check", "s.toml") == (
        2,
        "",
        'seawall: s.toml:2: unknown key "intervall", did you mean "interval"?\n'
        "seawall: s.toml:4: flow.workers must be at least 1 and at most 64, not 0\n",
    )


def test_what_would_run_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    account = "0x" + "0" * 40
    overrides: dict[str, object] = {
        "source": [
            {"venue": "okx", "instruments": ["BTC-USDT-SWAP", "ETH*"], "top": 3},
            {"venue": "hyperliquid", "accounts": [account], "streams": ["account", "liquidation"],
             "ws_url": "ws://127.0.0.1:9101", "rest_url": "http://127.0.0.1:9101"},
        ],
        "live.keep_hours": 48,
    }  # fmt: skip
    found = list(described(load(None, {}, overrides)))
    assert found[1:6] == [
        ("source", "okx, live: BTC-USDT-SWAP, ETH*, the 3 with most volume: all its usual streams"),
        ("source", f"hyperliquid, live: account {account}: account, liquidation, "
                   "at ws://127.0.0.1:9101 and http://127.0.0.1:9101"),
        ("spool", "seawall-spool, in segments of 256 MB or 60 min, kept for 48 h"),
        ("queue", "50000 frames or 64 MB for each connection"),
        ("page", "http://127.0.0.1:8099/"),
    ]  # fmt: skip
    overrides |= {"live.keep_hours": 0, "live.page": ""}
    texts = dict(described(load(None, {}, overrides)))
    assert texts["spool"] == "seawall-spool, in segments of 256 MB or 60 min, kept for ever"
    assert texts["page"] == "none"


SHIPPED = ["seawall.toml", "demo.toml", "rules.toml", "live.toml", "live-binance.toml",
           "live-options.toml", "record.toml"]  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_the_settings_we_ship_have_no_mistake(door: Door, name: str) -> None:
    door.monkeypatch.setattr("flows.catalogues.unlisted", lambda *_: iter(()))  # asks nobody
    said = door("check", str(ROOT / "infra" / name))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("run  ")


def test_what_is_known_to_be_wrong_is_not_asked(door: Door) -> None:
    source = '[[source]]\nvenue = "okx"\ninstruments = ["A"]\nrest_url = '
    for url in ("http://[::1", "htp://127.0.0.1:1", "http://127.0.0.1:99999", "http://h:1/x y"):
        Path("s.toml").write_text(f'{source}"{url}"\n', encoding="utf-8")
        form = "http://host:port or https://host:port"
        text = f'seawall: s.toml:4: source.rest_url must be {form}, not "{url}"\n'
        assert door("check", "s.toml") == (2, "", text)


def test_a_live_run_resumes_and_a_replay_does_not(tmp_path: Path) -> None:
    live: dict[str, object] = {"source": [{"venue": "okx", "instruments": ["A"]}], "run": "night"}
    told = dict(described(load(None, {}, live)))["state"]
    assert told == "seawall-spool/night/state: a stopped run goes on from where it was"
