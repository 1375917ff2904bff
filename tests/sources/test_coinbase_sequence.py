"""What the number of a frame says."""

import pytest

from sources.coinbase_sequence import FrameSequence


@pytest.mark.parametrize(
    ("numbers", "verdicts"),
    [
        ([0, 1, 2], ["next", "next", "next"]),
        ([7, 8], ["next", "next"]),  # any number may be the first
        ([0, 2, 3], ["next", "broken", "next"]),
        ([0, 5, 5, 6], ["next", "broken", "old", "next"]),
        ([0, 0, 0, 1], ["next", "old", "old", "next"]),
        ([4, 5, 4, 6], ["next", "next", "old", "next"]),
        ([4, 6, 5, 7], ["next", "broken", "old", "next"]),
        ([4, 6, 5, 8, 7, 9], ["next", "broken", "old", "broken", "old", "next"]),
        ([4, 5, 6, 4, 5, 6], ["next", "next", "next", "old", "anew", "next"]),
        ([9, 0, 1], ["next", "anew", "next"]),
        ([9, 10, 3, 4, 5], ["next", "next", "old", "anew", "next"]),
        ([9, 10, 3, 5, 6], ["next", "next", "old", "old", "anew"]),
        ([9, 3, 10, 4], ["next", "old", "next", "old"]),  # single ones, far apart
    ],
)
def test_verdicts(numbers: list[int], verdicts: list[str]) -> None:
    sequence = FrameSequence()
    assert [sequence.judge(number) for number in numbers] == verdicts


def test_after_a_new_start_any_number_is_the_first() -> None:
    sequence = FrameSequence()
    assert [sequence.judge(number) for number in (5, 3)] == ["next", "old"]
    sequence.forget()
    assert sequence == FrameSequence(-1, -1)
    assert [sequence.judge(number) for number in (4, 5)] == ["next", "next"]
    assert sequence == FrameSequence(5, -1)
