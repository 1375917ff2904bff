"""Returns between neighbouring samples: when they exist, and to how many digits."""

import math

import mpmath
import numpy as np
import pytest

from models.return_chain import log_return, log_return_plain, new_links, sample, sample_plain

CASES = [
    (1e8, 1e8 - 0.01),
    (1e8 + 0.1, 1e8),
    (30_000.1, 30_000.0),
    (3.0, 1.0),
    (1.0, 3.0),
    (2e-9, 1.9e-9),
    (1e300, 1e-300),
    (5e-324, 1.7e308),
    (7.0, 7.0),
]


@pytest.mark.parametrize(("price", "before"), CASES)
def test_log_return_has_all_its_digits(price: float, before: float) -> None:
    with mpmath.workdps(60):
        exact = float(mpmath.log(mpmath.mpf(price) / mpmath.mpf(before)))
    for kernel in (log_return, log_return_plain):
        assert math.isclose(kernel(price, before), exact, rel_tol=4e-16, abs_tol=0.0)


FEED = [  # (time, price, broken) → (samples passed, exists) on a chain of 60 s
    ((90, 5.0, False), (0, False)),  # begins between samples
    ((120, 5.0, False), (1, False)),  # the sample before was never seen
    ((150, 9.0, False), (0, False)),
    ((180, 6.0, False), (1, True)),
    ((240, 0.0, False), (1, False)),  # missing
    ((300, 6.0, False), (1, False)),
    ((330, 6.0, True), (0, False)),  # a gap between samples
    ((360, 7.0, False), (1, False)),
    ((420, 8.0, False), (1, True)),
    ((480, 8.0, True), (1, False)),  # a gap in the sample's own interval
    ((540, 9.0, False), (1, True)),
    ((720, 9.0, False), (3, False)),  # two samples skipped
    ((780, 9.5, False), (1, True)),
    ((850, 9.5, False), (1, False)),  # 840 skipped, noticed later
    ((900, 9.5, False), (1, False)),
    ((960, 9.9, False), (1, True)),
]


@pytest.mark.parametrize("kernel", [sample, sample_plain], ids=["compiled", "plain"])
def test_a_return_needs_two_present_neighbours_and_no_gap(kernel) -> None:  # type: ignore[no-untyped-def]
    link, before = new_links(1)[0], np.zeros(1)
    got = []
    for (now, price, broken), _ in FEED:
        passed, value = kernel(now, 60, price, broken, link, before)
        got.append((passed, not math.isnan(value)))
    assert got == [expected for _, expected in FEED]


def test_a_chain_that_begins_on_a_sample_passes_it() -> None:
    link, before = new_links(1)[0], np.zeros(1)
    assert sample(600, 60, 2.0, False, link, before)[0] == 1
    passed, value = sample(660, 60, 4.0, False, link, before)
    assert (passed, value) == (1, math.log(2.0))
