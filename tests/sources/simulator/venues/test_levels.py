"""The told form of a book: what is told rebuilds exactly its first levels."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sources.simulator.book import ASK, BID, OrderBook
from sources.simulator.venues.levels import Told

ACTIONS = st.lists(
    st.tuples(st.sampled_from([BID, ASK]), st.integers(1, 20), st.integers(1, 5), st.booleans()),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(ACTIONS, st.sampled_from([None, 1, 3]))
def test_changes_rebuild_the_first_levels(
    actions: list[tuple[int, int, int, bool]], most: int | None
) -> None:
    book = OrderBook()
    told = Told(book, most)
    copies: dict[int, dict[int, int]] = {BID: {}, ASK: {}}
    for place, (side, price, lots, takes) in enumerate(actions):
        if takes:
            book.market(side, lots)
        else:
            book.limit(side, price, lots)
        if place % 3:
            continue
        before = told.sides()
        changes = told.tell()
        for at, levels, known in zip((BID, ASK), changes, before, strict=True):
            assert [px for px, _ in levels] == sorted((px for px, _ in levels), reverse=at == BID)
            for px, size in levels:
                assert known.get(px) != size
                if size:
                    copies[at][px] = size
                else:
                    del copies[at][px]  # only what was known is told as gone
            assert copies[at] == dict(book.levels(at, most))
            assert told.known(at) == book.levels(at, most)
        assert told.tell() == ([], [])
    assert told.known(BID, 1) == sorted(copies[BID].items(), reverse=True)[:1]
