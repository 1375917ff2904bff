"""Signature ratio: bounce against a clean price, its window, and when it is null."""

import math

import numpy as np
import pytest

from models.signature import (
    COARSE,
    COARSE_COUNT,
    FINE,
    FINE_COUNT,
    new_buckets,
    open_bucket,
    open_bucket_plain,
    signature,
    signature_plain,
)


def full() -> np.ndarray:
    """Buckets 1 … 48 complete, fine r² summing to k, coarse r² = k/2."""
    buckets = new_buckets()
    last = -1
    for k in range(1, 49):
        slot = open_bucket(last, 300 * k, buckets)
        last = 300 * k
        buckets[slot] = (float(k), 300.0, k / 2.0, 1.0)
    return buckets


@pytest.mark.parametrize("kernel", [signature, signature_plain], ids=["compiled", "plain"])
def test_ratio_over_exactly_four_hours(kernel) -> None:  # type: ignore[no-untyped-def]
    buckets = full()
    assert kernel(14_400, 0, 1, buckets) == 2.0
    assert math.isnan(kernel(14_400, 1, 1, buckets))  # spanned one second short
    assert math.isnan(kernel(14_400, -1, 1, buckets))  # no sample yet
    assert math.isnan(kernel(14_399, -1, 1, buckets))


@pytest.mark.parametrize("opener", [open_bucket, open_bucket_plain], ids=["compiled", "plain"])
def test_the_open_bucket_counts_once_it_is_closed(opener) -> None:  # type: ignore[no-untyped-def]
    buckets = full()
    slot = opener(14_400, 14_401, buckets)
    buckets[slot] = (1000.0, 300.0, 1.0, 1.0)
    assert signature(14_699, 0, 1, buckets) == 2.0  # T is still 14 400
    total = sum(range(2, 49))
    assert signature(14_700, 0, 1, buckets) == (total + 1000.0) / (total / 2.0 + 1.0)


@pytest.mark.parametrize(
    ("column", "missing", "null"),
    [
        (FINE_COUNT, 2880, False),
        (FINE_COUNT, 2881, True),
        (COARSE_COUNT, 9, False),
        (COARSE_COUNT, 10, True),
    ],
)
def test_null_under_80_percent_of_either(column: int, missing: int, null: bool) -> None:
    buckets = full()
    for k in range(1, 49):
        taken = min(missing, int(buckets[k, column]))
        buckets[k, column] -= taken
        missing -= taken
    assert math.isnan(signature(14_400, 0, 1, buckets)) is null


def test_null_when_the_price_did_not_move_in_five_minutes() -> None:
    buckets = full()
    buckets[:, COARSE] = 0.0
    assert math.isnan(signature(14_400, 0, 1, buckets))
    buckets[:, FINE] = 0.0
    assert math.isnan(signature(14_400, 0, 1, buckets))


def test_a_long_skip_empties_every_bucket() -> None:
    buckets = full()
    open_bucket(14_400, 10**9, buckets)
    assert not buckets.any()


def test_a_short_skip_empties_what_it_passed() -> None:
    buckets = full()
    open_bucket(14_400, 14_400 + 601, buckets)  # buckets 49, 50, 51 begin; 49 is slot 0
    assert np.flatnonzero(buckets[:, FINE_COUNT]).tolist() == list(range(3, 49))
