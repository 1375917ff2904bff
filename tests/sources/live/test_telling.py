"""Telling: one sentence at the beginning of an outage, one at its end; facts once."""

from sources.live.telling import Telling


def test_an_outage_has_a_beginning_and_an_end() -> None:
    told: list[str] = []
    telling = Telling("toy-1", told.append)
    telling.well()
    for text in ("cut", "cut", "refused"):
        telling.trouble(text)
    telling.well()
    telling.well()
    telling.trouble("cut")
    assert told == [
        "toy-1: cut; trying again",
        "toy-1: market data again",
        "toy-1: cut; trying again",
    ]


def test_a_fact_is_told_once() -> None:
    told: list[str] = []
    telling = Telling("toy-1", told.append)
    for text in ("a", "b", "a"):
        telling.once(text)
    assert told == ["toy-1: a", "toy-1: b"]
