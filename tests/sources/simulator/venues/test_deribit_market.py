"""One Deribit perpetual: numbers as the venue writes them, actions, groups, quotes."""

import json

from sources.simulator.venues.deribit import PATH, Deribit
from sources.simulator.venues.deribit_market import number
from sources.simulator.venues.options import Options
from tests.sources.simulator.hearing import EPOCH_MS, SEED, Ear, small_world

PERP = "BTC-PERPETUAL"


def test_whole_numbers_have_no_point() -> None:
    assert [repr(number(value)) for value in (63344.0, 63344.5, 20)] == ["63344", "63344.5", "20"]


def test_actions_say_what_happened_to_a_level() -> None:
    world = small_world("deribit")
    made = Deribit(world, EPOCH_MS, Options(SEED, world, EPOCH_MS))
    ear = Ear(made, PATH, "deribit")
    channels = [f"book.{PERP}.100ms", f"book.{PERP}.none.10.100ms", f"quote.{PERP}"]
    request = {"id": 1, "method": "public/subscribe", "params": {"channels": channels}}
    ear.say(json.dumps(request).encode())
    world.run(10_000.0)
    notices = [json.loads(frame)["params"] for frame in ear.frames[1:]]
    books = [n["data"] for n in notices if n["channel"] == channels[0]]
    levels: dict[tuple[str, float], float] = {}
    seen = set()
    for book in books:
        for side in ("bids", "asks"):
            for action, px, amount in book[side]:
                seen.add(action)
                assert (action == "new") == ((side, px) not in levels)
                assert (action == "delete") == (amount == 0)
                levels[side, px] = amount
                if action == "delete":
                    del levels[side, px]
    assert seen == {"new", "change", "delete"}
    assert "prev_change_id" not in books[0]
    assert [b["prev_change_id"] for b in books[1:]] == [b["change_id"] for b in books[:-1]]
    groups = [n["data"] for n in notices if n["channel"] == channels[1]]
    assert {len(group[side]) for group in groups for side in ("bids", "asks")} == {10}
    assert groups[-1]["bids"][0][0] < groups[-1]["asks"][0][0]
    assert sum(n["channel"] == channels[2] for n in notices) > 10
