"""Decisions of sessions, added up by venue and assumption."""

from collections import Counter
from types import SimpleNamespace as Some
from typing import Any, cast

from flows.assumptions import on_assumptions


def line(*counts: tuple[str, dict[str, int]]) -> str:
    sessions = [Some(venue=venue, counts=Counter(found)) for venue, found in counts]
    return on_assumptions(cast("Any", sessions))


def test_nothing_was_decided() -> None:
    assert line() == line(("okx", {})) == line(("okx", {"control": 7, "assumed:a": 0})) == ""


def test_by_venue_and_name() -> None:
    assert line(("okx", {"assumed:a": 1})) == "1 time on an assumption: 1 okx.a"
    several = (
        ("okx", {"assumed:a": 999, "x": 1}),
        ("okx", {"assumed:a": 1}),
        ("b", {"assumed:a": 2}),
    )
    assert line(*several) == "1,002 times on an assumption: 2 b.a, 1,000 okx.a"
