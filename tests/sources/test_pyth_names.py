"""Ids and symbols, one to one: listings over what is kept, later ones over earlier ones."""

from hypothesis import given
from hypothesis import strategies as st

from sources.pyth_listing import KEPT, Listed
from sources.pyth_names import Names

BTC = KEPT["Crypto.BTC/USD"]


def test_two_are_known_without_a_listing() -> None:
    names = Names()
    assert [names.id_of(symbol) for symbol in KEPT] == [*KEPT.values()]
    assert [names.feed(feed) for feed in KEPT.values()] == [
        Listed(feed, symbol, "USD") for symbol, feed in KEPT.items()
    ]
    assert (names.feed("1" * 64), names.id_of("Crypto.SOL/USD")) == (None, None)


def test_a_listing_that_says_otherwise_is_believed() -> None:
    names = Names()
    names.take([Listed("1" * 64, "Crypto.BTC/USD", "USD")])
    assert names.id_of("Crypto.BTC/USD") == "1" * 64
    assert names.feed(BTC) is None  # whose price that is now, nobody says
    names.take([Listed(BTC, "Crypto.OLD/USD", "USD")])
    assert names.feed(BTC) == Listed(BTC, "Crypto.OLD/USD", "USD")
    assert names.feed("1" * 64) == Listed("1" * 64, "Crypto.BTC/USD", "USD")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=12))
def test_they_stay_one_to_one(pairs: list[tuple[str, str]]) -> None:
    names = Names()
    for feed, symbol in pairs:
        names.take([Listed(feed, symbol, "")])
        assert names.feed(feed) == Listed(feed, symbol, "")
    for feed, one in names.listed.items():
        assert (names.id_of(one.symbol), one.id) == (feed, feed)
    for symbol in "xyz":
        feed = names.id_of(symbol) or ""
        assert not feed or names.listed[feed].symbol == symbol
    again = Names()
    again.restore(names.snapshot())
    assert (again.listed, again.snapshot()) == (names.listed, names.snapshot())
    assert [again.id_of(symbol) for symbol in "xyz"] == [names.id_of(symbol) for symbol in "xyz"]
