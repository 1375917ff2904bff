"""The shared quotes: all anew within a second, the same for whoever asks, short books."""

from sources.simulator.venues.options import LEVELS, Options, levels
from sources.simulator.world.surface import Quoted
from tests.sources.simulator.hearing import EPOCH_MS, SEED, small_world


def test_every_option_is_quoted_once_a_second() -> None:
    world = small_world()
    options = Options(SEED, world, EPOCH_MS)
    told: list[tuple[float, Quoted]] = []
    options.listeners.append(lambda at_ms, quoted: told.append((at_ms, quoted)))
    first = options.of("BTC")
    world.run(1000.0)
    assert len(told) == len({quoted.option for _, quoted in told}) == 144
    assert options.of("BTC") != first
    assert [quoted.option for quoted in first] == options.surfaces["BTC"].options
    again = small_world()
    other = Options(SEED, again, EPOCH_MS)
    again.run(1000.0)
    assert other.quotes == options.quotes
    assert 0.2 < options.at_the_money("BTC", world.now_ms) < 1.5


def test_a_short_book_leads_away_from_the_quote() -> None:
    options = Options(SEED, small_world(), EPOCH_MS)
    for quoted in options.of("ETH"):
        bids, asks = levels(quoted, bids=True), levels(quoted, bids=False)
        assert len(asks) == LEVELS
        assert asks[0] == (quoted.ask, quoted.ask_size)
        assert [px for px, _ in asks] == sorted({px for px, _ in asks})
        assert [px for px, _ in bids] == sorted({px for px, _ in bids}, reverse=True)
        assert all(px > 0.0 and size > 0.0 for px, size in (*bids, *asks))
        assert not bids or bids[0][0] < asks[0][0]
