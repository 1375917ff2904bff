"""`seawall simulate`: refusals, addresses and truth, the flood."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.flows.command.door import Door


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Door:
    return Door(monkeypatch, capsys)


def test_names_that_are_none_are_refused(door: Door) -> None:
    wrong = door("simulate", "--scenario", "crush")
    assert (wrong.code, wrong.err) == (
        2, 'seawall: no scenario "crush": did you mean "crash"?\n',
    )  # fmt: skip
    wrong = door("simulate", "--venues", "okxx")
    assert (wrong.code, wrong.err) == (
        2, 'seawall: no simulated venue "okxx": did you mean "okx"?\n',
    )  # fmt: skip
    assert door("simulate", "--speed", "0").code == 2


def test_a_short_market_tells_its_addresses_and_its_truth(door: Door, tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    said = door(
        "simulate", "--port", "0", "--minutes", "0.02", "--speed", "50", "--venues",
        "okx,hyperliquid", "--truth", str(truth),
    )  # fmt: skip
    assert (said.code, said.err) == (0, "")
    settings, _, rest = said.out.rpartition("# 0.0 min of market simulated\n")
    assert rest == ""
    sources = tomllib.loads(settings)["source"]
    assert [source["venue"] for source in sources] == ["okx", "hyperliquid"]
    port = int(settings.split()[2])
    assert sources[0] == {
        "venue": "okx",
        "instruments": ["BTC-USDT-SWAP", "ETH-USDT-SWAP", "SOL-USDT-SWAP"],
        "ws_url": f"ws://127.0.0.1:{port}",
        "rest_url": f"http://127.0.0.1:{port}",
    }
    assert len(sources[1]["accounts"]) == 5
    kinds = {json.loads(line)["k"] for line in truth.read_text().splitlines()}
    assert kinds >= {"scenario", "market", "account", "latent"}


def test_a_flood_without_clients_sends_nothing(door: Door) -> None:
    said = door("simulate", "--flood", "1000", "--instruments", "2", "--port", "0",
                "--minutes", "0.002")  # fmt: skip
    assert said.code == 0
    assert said.out.endswith("\n# 0 frames sent, 0 kept back\n")
    source = tomllib.loads(said.out)["source"][0]
    assert source["instruments"] == ["FLOOD000USDT", "FLOOD001USDT"]
    assert source["streams"] == ["book", "top", "trade"]
