"""The old self-check: the worked example, an independent version, bounds."""

from random import Random

import pytest

from sources.okx_checksum import MOST_LEVELS, TOP, WrittenBook
from tests.sources.okx_frames import checksum_of


def written(bids: dict[str, str], asks: dict[str, str]) -> WrittenBook:
    made = WrittenBook()
    for bid, side in ((True, bids), (False, asks)):
        for px, size in side.items():
            made.put(bid=bid, px_ticks=round(float(px) * 10), size=float(size), text=f"{px}:{size}")
    return made


def test_the_documented_example() -> None:
    made = written({"3366.1": "7", "3366": "6"}, {"3366.8": "9", "3368": "8"})
    assert made.checksum() == -1881014294


@pytest.mark.parametrize(
    ("bids", "asks", "joined"),
    [
        ({}, {}, 0),
        ({"1": "2"}, {}, checksum_of({"1": "2"}, {})),
        ({}, {"5": "1", "4": "1"}, checksum_of({}, {"4": "1", "5": "1"})),
        ({"3": "1", "2": "1"}, {"5": "1"}, checksum_of({"3": "1", "2": "1"}, {"5": "1"})),
    ],
)
def test_a_side_that_is_exhausted(bids: dict[str, str], asks: dict[str, str], joined: int) -> None:
    assert written(bids, asks).checksum() == joined


def test_against_a_slow_version_over_a_random_walk() -> None:
    random = Random(7)
    bids: dict[str, str] = {}
    asks: dict[str, str] = {}
    made = WrittenBook()
    signs = set()
    for _ in range(400):
        bid = random.random() < 0.5
        ticks = random.randrange(400, 500) if bid else random.randrange(500, 600)
        px = f"{ticks / 10:g}"  # unpadded: 41, 41.5
        size = random.choice(["0", "1", "2.50", "0.0012"])
        side = bids if bid else asks
        if size == "0":
            side.pop(px, None)
        else:
            side[px] = size
        made.put(bid=bid, px_ticks=ticks, size=float(size), text=f"{px}:{size}")
        assert made.checksum() == checksum_of(bids, asks)
        signs.add(made.checksum() > 0)
    assert signs == {True, False}
    assert min(len(bids), len(asks)) > TOP


def test_levels_beyond_the_top_do_not_count() -> None:
    asks = {str(1000 + k): "1" for k in range(TOP + 1)}
    made = written({}, asks)
    before = made.checksum()
    made.put(bid=False, px_ticks=10_000 + 10 * TOP, size=5.0, text="1025:5")
    assert made.checksum() == before
    made.put(bid=False, px_ticks=10_000, size=0.0, text="1000:0")
    assert made.checksum() != before


def test_a_book_is_bounded() -> None:
    made = WrittenBook()
    for k in range(MOST_LEVELS + 1):
        assert made.is_bounded
        made.put(bid=True, px_ticks=k, size=1.0, text=f"{k}:1")
    assert not made.is_bounded
