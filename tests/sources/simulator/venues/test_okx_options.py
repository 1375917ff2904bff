"""Names of OKX's options, and frames of one that has no bid."""

import json

from sources.simulator.venues.okx import Okx
from sources.simulator.venues.okx_options import option_name
from sources.simulator.venues.options import Options
from sources.simulator.world.surface import Option
from tests.sources.simulator.hearing import EPOCH_MS, SEED, Mute, small_world


def test_names() -> None:
    option = Option("BTC", 1_767_945_600_000, 92_000.0, call=True)
    assert option_name(option) == "BTC-USD-260109-92000-C"


def test_an_empty_side_is_empty() -> None:
    world = small_world()
    options = Options(SEED, world, EPOCH_MS)
    made = Okx(world, EPOCH_MS, options).options
    frames: list[bytes] = []
    client = Mute(made.venue, frames.append, 0.0)
    empty = [name for name, option in made.names.items() if not options.quotes[option].bid]
    quoted = [name for name, option in made.names.items() if options.quotes[option].bid]
    for name in (*empty, quoted[0]):
        made.greet(f"bbo-tbt:{name}", client)
    rows = [json.loads(frame)["data"][0] for frame in frames]
    assert [bool(row["bids"]) for row in rows] == [False] * len(empty) + [True]
    assert all(row["asks"] for row in rows)
    made.greet("opt-summary:BTC-USD", client)
    assert len(json.loads(frames[-1])["data"]) == 72
