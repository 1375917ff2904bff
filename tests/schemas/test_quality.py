"""Quality: order, numbers as stored, and the worst of several."""

from itertools import combinations

from schemas.quality import FLAGS, Quality, worst


def test_numbers_as_they_are_stored() -> None:
    assert {quality.name: int(quality) for quality in Quality} == {
        "ok": 1,
        "warming": 2,
        "stale": 3,
        "degraded": 4,
        "gap": 5,
    }


def test_the_worst_of_two_is_the_later_in_the_order() -> None:
    for better, worse in combinations(Quality, 2):
        assert worst([better, worse]) is worst([worse, better]) is worse


def test_the_worst_of_none_is_warming() -> None:
    assert worst([]) is Quality.warming


def test_flags_have_a_meaning() -> None:
    assert all(text and name.islower() for name, text in FLAGS.items())
