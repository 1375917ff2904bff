"""The shared live frames, one by one."""

import json
from typing import Any

import pytest

from sources.in_band import InBand
from tests.shared import shared_file
from tests.sources.coinbase_frames import BTC, at, made, rows, seen, wish
from tests.sources.talk import hear, text, wire

_CHANNEL_TIMES = {
    "14:30:00.123456": 1775572200123456000,
    "14:30:01.456789": 1775572201456789000,
    "14:30:02.789012": 1775572202789012000,
    "14:30:02.8": 1775572202800000000,
}


def told(name: str) -> tuple[InBand, list[Any]]:
    """A session that has heard a shared file's frames, and its items."""
    path = shared_file(f"frames/coinbase/{name}.json")
    frames = json.loads(path.read_text(encoding="utf-8"))["frames"]
    session = made()
    ours = [frame for frame in frames if frame.get("_dir") != "client"]
    stripped = [{key: frame[key] for key in frame if key[0] != "_"} for frame in ours]
    return session, hear(session, text(*map(wire, stripped)))


def test_the_shared_snapshot() -> None:
    session, (met, chunk) = told("adv_l2_snapshot")
    assert met == seen("BTC-USD", 2)
    ids = (at(1), 1, _CHANNEL_TIMES["14:30:00.123456"], 0, 0)
    assert rows([chunk]) == {
        (BTC, "book"): [
            (*ids, 1, 6890000, 1.5, 1),
            (*ids, 1, 6889950, 0.75, 1),
            (*ids, 1, 6889900, 2.3, 1),
            (*ids, -1, 6890100, 0.5, 1),
            (*ids, -1, 6890150, 1.2, 1),
            (*ids, -1, 6890200, 0.8, 1),
        ]
    }
    assert not +session.counts


def test_the_shared_update_comes_before_any_snapshot_and_is_left_out() -> None:
    session, items = told("adv_l2_update")
    assert items == [seen("BTC-USD", None), wish(BTC, "unsynchronised")]
    assert +session.counts == {"unsynchronised": 1}


def test_the_shared_update_after_the_shared_snapshot() -> None:
    path = shared_file("frames/coinbase/adv_l2_update.json")
    update = json.loads(path.read_text(encoding="utf-8"))["frames"][0]
    session, _ = told("adv_l2_snapshot")
    items = hear(session, text(wire(update), start=at(2)), 2)
    ids = (at(2), 2, _CHANNEL_TIMES["14:30:01.456789"], 1, 1)
    expected = [(*ids, 1, 6890000, 2.0, 0), (*ids, -1, 6890100, 0.0, 0)]
    assert rows(items) == {(BTC, "book"): expected}


def test_the_shared_trades() -> None:
    session, (met, *items) = told("adv_market_trades")
    assert met == seen("BTC-USD", None)
    first, second = (_CHANNEL_TIMES[when] for when in ("14:30:02.789012", "14:30:02.8"))
    assert rows(items) == {
        (BTC, "trade"): [
            (at(1), 1, first, 995098700, 68900.5, 0.0015, -1),
            (at(1), 1, second, 995098701, 68900.0, 0.05, 1),
        ]
    }
    assert +session.counts == {"assumed:side_is_maker": 2}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("adv_heartbeats", {"control": 1}),
        ("adv_subscriptions", {"control": 1}),
        ("exchange_match", {"unknown:match": 1}),
        ("exchange_level2", {"unknown:snapshot": 1, "unknown:l2update": 1}),
    ],
)
def test_shared_frames_that_emit_nothing(name: str, counts: dict[str, int]) -> None:
    session, items = told(name)
    assert (items, +session.counts) == ([], counts)


def test_every_shared_frame_of_this_feed_has_its_test() -> None:
    folder = shared_file("frames/coinbase")
    assert sorted(path.stem for path in folder.iterdir()) == [
        "adv_heartbeats", "adv_l2_snapshot", "adv_l2_update", "adv_market_trades",
        "adv_subscriptions", "exchange_level2", "exchange_match",
    ]  # fmt: skip
