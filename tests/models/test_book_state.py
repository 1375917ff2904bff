"""A book as bytes: everything comes back to the bit, whatever the prices and sizes."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import book as slots
from models.book import BookArrays
from models.book_state import (
    pack,
    pack_prices,
    pack_sizes,
    unpack,
    unpack_prices,
    unpack_sizes,
)
from tests.models.books import Row, fold_rows, levels_of, rows_of, tops_of


@given(keys=st.sets(st.integers(-(2**53), 2**53), max_size=30), grain=st.sampled_from([1, 5, 100]))
@settings(max_examples=200, deadline=None)
def test_prices_come_back(keys: set[int], grain: int) -> None:
    array = np.array(sorted(keys), np.int64) // grain * grain
    array = np.unique(array)
    assert np.array_equal(unpack_prices(*pack_prices(array), len(array)), array)


def test_neighbouring_prices_take_four_bytes_each() -> None:
    keys = np.arange(6_000_000, 6_000_000 + 9_000 * 10, 10)
    first, divisor, data = pack_prices(keys)
    assert (first, divisor, len(data)) == (6_000_000, 10, 4 * 8_999)
    assert pack_prices(keys[:1]) == (6_000_000, 1, b"")
    assert pack_prices(keys[:0]) == (0, 1, b"")
    far = np.array([0, 1, 2**40], np.int64)
    assert pack_prices(far) == (0, 0, far.tobytes())


@given(
    sizes=st.lists(
        st.one_of(
            st.integers(1, 10**7).map(lambda lots: lots / 1000),
            st.integers(1, 10**12).map(lambda lots: lots / 10**8),
            st.floats(1e-300, 1e300),
        ),
        max_size=20,
    )
)
@settings(max_examples=300, deadline=None)
def test_sizes_come_back_to_the_bit(sizes: list[float]) -> None:
    array = np.array(sizes, float)
    assert unpack_sizes(*pack_sizes(array)).tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("sizes", "places", "width"),
    [
        ([0.001, 14.0, 2.507], 3, 4),
        ([4e9, 1.0], 0, 4),
        ([5e9, 1.0], -1, 8),
        ([0.1 + 0.2], -1, 8),
        ([], 0, 0),
    ],
)
def test_sizes_take_as_few_places_as_they_have(sizes: list[float], places: int, width: int) -> None:
    got, data = pack_sizes(np.array(sizes, float))
    assert (got, len(data)) == (places, width * len(sizes))


def busy() -> tuple[BookArrays, list[list[Row]]]:
    """A book with tombstones and a wrapped ring, and further frames for it."""
    random = np.random.default_rng(3)
    snapshot = [(1, side, 5000 - side * (1 + k), 1.5, 1) for side in (1, -1) for k in range(300)]
    frames: list[list[Row]] = [snapshot]
    for line in range(2, 60):
        sides = random.choice([1, -1], 8).tolist()
        frames.append(
            [
                (line * 100, side, 5000 - side * int(random.integers(1, 400)),
                 float(random.choice([0.0, 0.001, 7.25])), 0)
                for side in sides
            ]
        )  # fmt: skip
    book = BookArrays()
    tops = [(1 + k, 10**6 + k, 4999.0, 1.5, 5001.0, 1.5) for k in range(slots.RING + 40)]
    fold_rows(book, None, tops_of(tops), 1.0)
    for frame in frames[:30]:
        fold_rows(book, rows_of(frame), None, 1.0)
    return book, frames[30:]


def everything(book: BookArrays) -> tuple:
    """What later numbers can depend on."""
    numbers = [slots.KNOWN, slots.SEQ, slots.EDGE_BID, slots.EDGE_ASK, slots.BOOK_NS, slots.TOP_NS]
    numbers += [slots.RING_COUNT, slots.CHECKED, slots.MISMATCHES, slots.BEFORE]
    ring = (np.arange(book.state[slots.RING_COUNT]) + book.state[slots.RING_FIRST]) % slots.RING
    arrays = (book.levels, book.counts, book.ofi, book.top, book.ring_id[ring], book.ring[ring])
    return (
        levels_of(book),
        book.state[numbers].tolist(),
        [array.tobytes() for array in arrays],
    )


def test_a_restored_book_continues_to_the_bit() -> None:
    book, rest = busy()
    before = everything(book)
    packed = pickle.loads(pickle.dumps(pack(book)))
    restored = unpack(packed)
    assert everything(book) == everything(restored) == before
    assert unpack(pack(restored)).keys.tobytes() == restored.keys.tobytes()
    for frame in rest:
        for one in (book, restored):
            fold_rows(one, rows_of(frame), None, 1.0)
        assert everything(book) == everything(restored)


def test_packing_says_nothing_new_and_shares_nothing() -> None:
    book, rest = busy()
    packed = pack(book)
    assert pack(book) == packed
    one, other = unpack(packed), unpack(packed)
    for frame in rest:
        fold_rows(one, rows_of(frame), None, 1.0)
    assert everything(other) == everything(book)
    assert everything(one) != everything(book)


def test_an_empty_book_and_a_lost_one_come_back() -> None:
    book = BookArrays()
    assert everything(unpack(pack(book))) == everything(book)
    book, _ = busy()
    slots.forget(book.state)
    assert everything(unpack(pack(book))) == everything(book)


def test_a_large_book_keeps_its_room() -> None:
    levels = [(1, side, 10**7 - side * 10 * (1 + k), 0.125, 1)
              for side in (1, -1) for k in range(9000)]  # fmt: skip
    book = BookArrays()
    fold_rows(book, rows_of(levels), None, 1.0)
    packed = pickle.dumps(pack(book))
    assert len(packed) < 18_000 * 8 + 6_000
    assert levels_of(unpack(pickle.loads(packed))) == levels_of(book)
