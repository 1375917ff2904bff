"""The surface: listed expiries, quotes around the mark on the tick, parity, no free lunch."""

from datetime import UTC, datetime
from random import Random

import pytest

from sources.simulator.world.surface import Surface, expiries, tick
from sources.simulator.world.universe import BTC

EPOCH_MS = 1_767_614_400_000  # a Monday, 12:00 UTC


def surface() -> Surface:
    made = Surface(Random(1), BTC, EPOCH_MS)
    for _ in range(100):
        made.step(0.4)
    return made


def test_expiries_are_at_eight_and_rise() -> None:
    days = [datetime.fromtimestamp(ms / 1000.0, UTC) for ms in expiries(EPOCH_MS)]
    assert [f"{day:%a %d %b %H:%M}" for day in days] == [
        "Tue 06 Jan 08:00", "Fri 09 Jan 08:00", "Fri 16 Jan 08:00", "Fri 13 Feb 08:00",
    ]  # fmt: skip
    for hour in range(24 * 8):
        found = expiries(EPOCH_MS + hour * 3_600_000)
        assert found == sorted(set(found))
        assert found[0] - EPOCH_MS - hour * 3_600_000 >= 6 * 3_600_000


def test_quotes_stand_around_the_mark_on_the_tick() -> None:
    made = surface()
    for option in made.options:
        quoted = made.quote(option, 1000.0, 92_000.0)
        assert quoted.bid <= quoted.mark <= quoted.ask
        for price in (quoted.bid, quoted.ask):
            assert price / tick(price) == pytest.approx(round(price / tick(price)), abs=1e-6)
        assert quoted.ask_vol >= quoted.vol > 0.1
        assert quoted.bid_vol <= quoted.vol
        assert (quoted.bid == 0.0) == (quoted.bid_size == 0.0)


def test_parity_and_order_of_strikes() -> None:
    made = surface()
    quotes = {option: made.quote(option, 0.0, 92_000.0) for option in made.options}
    calls = {(o.expiry_ms, o.strike): q for o, q in quotes.items() if o.call}
    puts = {(o.expiry_ms, o.strike): q for o, q in quotes.items() if not o.call}
    assert len(calls) == len(puts) == 36
    for key, call in calls.items():
        gap = call.valued.price - puts[key].valued.price
        assert gap == pytest.approx(call.forward - key[1], abs=1e-6)
    for expiry in expiries(EPOCH_MS):
        prices = [calls[key].valued.price for key in sorted(calls) if key[0] == expiry]
        assert prices == sorted(prices, reverse=True)
        bends = [a - 2 * b + c for a, b, c in zip(prices, prices[1:], prices[2:], strict=False)]
        assert min(bends) > 0.0


def test_it_moves_with_the_world() -> None:
    calm, wild = surface(), surface()
    for _ in range(200):
        wild.step(1.2)
        calm.step(0.4)
    option = calm.options[0]
    near = [one.quote(option, 0.0, 92_000.0).vol for one in (calm, wild)]
    assert near[1] > near[0] + 0.3
