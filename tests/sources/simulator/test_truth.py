"""The truth file: what was drawn and what happened, as lines of JSON."""

import json
from pathlib import Path

from sources.simulator.truth import write_truth
from tests.sources.simulator.hearing import Matches, small_world


def test_everything_hidden_is_written_down(tmp_path: Path) -> None:
    world = small_world("binance-usdm", name="crash")
    trading = world.trading["binance-usdm", "BTCUSDT"]
    accounts = trading.accounts
    assert accounts is not None
    opened = len(accounts.opened)
    matches = Matches(trading)
    with write_truth(world, tmp_path / "truth.jsonl"):
        world.run(50_000.0)
    rows = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
    by_kind: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        by_kind.setdefault(row["k"], []).append(row)
    assert by_kind["scenario"] == [
        {"k": "scenario", "at_s": 0.0, "name": "crash", "vol": 0.42, "leverage": 2.0}
    ]
    assert [row["market"] for row in by_kind["market"]] == [
        "binance-usdm:BTCUSDT", "binance-spot:BTCUSDT",
    ]  # fmt: skip
    assert len(by_kind["account"]) == len(accounts.opened) > opened
    assert [row["at_s"] for row in by_kind["latent"]] == [float(k) for k in range(50)]
    assert len(by_kind["liquidation"]) == len(matches.forced) > 10
    last, done = by_kind["liquidation"][-1], matches.forced[-1]
    market = trading.market
    assert last["address"] == done.account.address
    assert last["coins"] == market.coins(done.match.lots, 1)
    assert last["px"] == market.price(done.match.value / done.match.lots)
    begun = [parent for parents in world.parents for parent in parents.begun]
    assert [row["name"] for row in by_kind.get("parent", [])] == [p.party for p in begun]


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    world = small_world()
    with write_truth(world, None):
        world.run(200.0)
    assert list(tmp_path.iterdir()) == []
    assert world.begun == []
