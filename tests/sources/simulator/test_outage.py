"""Failures: the same from the same seed, in turns, never two at once."""

from itertools import pairwise

from sources.simulator.outage import LASTS_MS, LEAD_MS, SHIFT, Outages, spoiled

VENUES = ("okx", "deribit")


def told(seed: int | None) -> dict[str, list[str | None]]:
    outages = Outages(seed, VENUES)
    return {v: [outages.now(v, 500.0 * k) for k in range(1200)] for v in VENUES}


def test_the_same_seed_fails_the_same_way() -> None:
    first = told(3)
    assert first == told(3)
    assert first != told(4)
    assert set(told(None)["okx"]) == {None}


def test_kinds_take_turns_and_last_as_long_as_they_do() -> None:
    for states in told(3).values():
        assert states[0] is None
        runs: list[tuple[str, int]] = []
        before: str | None = None
        for state in states:
            if state is not None:
                if state != before:
                    runs.append((state, 0))
                runs[-1] = (state, runs[-1][1] + 1)
            before = state
        lasts = LASTS_MS | {"leaving": LEAD_MS}
        assert {kind for kind, _ in runs} == set(lasts)
        for (kind, length), (after, _) in pairwise(runs):
            assert abs(500.0 * length - lasts[kind]) <= 500.0  # type: ignore[index]
            assert (kind == "leaving") == (after == "cut")


def test_a_stale_book_lies_before_all_that_is_streamed() -> None:
    assert spoiled(b'{"lastUpdateId":9000000,"bids":[]}') == (
        b'{"lastUpdateId":%d,"bids":[]}' % (9_000_000 - SHIFT)
    )
    assert spoiled(b'{"code":"0"}') == b'{"code":"0"}'
