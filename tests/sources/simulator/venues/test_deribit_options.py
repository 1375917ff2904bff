"""Names of Deribit's options, and their frames."""

import json

from sources.simulator.venues.deribit import Deribit
from sources.simulator.venues.deribit_options import option_name
from sources.simulator.venues.options import Options
from sources.simulator.world.surface import Option
from tests.sources.simulator.hearing import EPOCH_MS, SEED, Mute, small_world


def test_names() -> None:
    option = Option("ETH", 1_767_945_600_000, 3150.0, call=False)
    assert option_name(option) == "ETH-9JAN26-3150-P"


def test_marks_are_decimal_and_tickers_percent() -> None:
    world = small_world()
    options = Options(SEED, world, EPOCH_MS)
    made = Deribit(world, EPOCH_MS, options).options
    frames: list[bytes] = []
    client = Mute(made.venue, frames.append, 0.0)
    name = next(iter(made.names))
    for topic in ("markprice.options.btc_usd", f"ticker.{name}.100ms", f"book.{name}.none.1.100ms"):
        made.greet(topic, client)
    marks, ticker, book = (json.loads(frame)["params"]["data"] for frame in frames)
    assert len(marks) == 72
    mine = next(row for row in marks if row["instrument_name"] == name)
    assert abs(100.0 * mine["iv"] - ticker["mark_iv"]) < 0.02
    assert ticker["underlying_index"] == "-".join(name.split("-")[:2])
    assert book["asks"] == [[ticker["best_ask_price"], ticker["best_ask_amount"]]]
