"""Members aligned on grid times against a table of everything that was put."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.alignment import Alignment
from schemas.errors import BrokenInvariant

MEMBERS = ("a", "b", "c")


def test_a_time_is_released_when_every_member_has_passed_it() -> None:
    alignment = Alignment(["b", "a"])
    alignment.put("a", 10, "a10")
    alignment.put("a", 20, "a20")
    assert alignment.release() == []  # b has not started
    alignment.put("b", 15, "b15")
    assert alignment.release() == [
        (10, {"a": "a10", "b": None}),
        (15, {"a": "a10", "b": "b15"}),
    ]
    alignment.put("b", 20, None)
    assert alignment.release() == [(20, {"a": "a20", "b": None})]
    assert alignment.release() == []


def test_a_member_that_has_ended_holds_no_longer() -> None:
    alignment = Alignment(MEMBERS)
    alignment.put("a", 10, "a10")
    alignment.put("b", 5, "b5")
    alignment.end("c")
    assert [at for at, _ in alignment.release()] == [5]
    alignment.end("b")
    assert alignment.release() == [(10, {"a": "a10", "b": "b5", "c": None})]
    alignment.put("a", 30, "a30")
    assert alignment.release() == [(30, {"a": "a30", "b": "b5", "c": None})]


def test_time_must_rise() -> None:
    alignment = Alignment(["a"])
    alignment.put("a", 10, None)
    with pytest.raises(BrokenInvariant, match="a at 10 after 10"):
        alignment.put("a", 10, None)


def test_a_member_that_has_ended_and_comes_back_is_not_taken() -> None:
    alignment = Alignment(["a", "b"])
    alignment.put("a", 10, "a10")
    alignment.end("a")
    alignment.put("b", 20, "b20")
    assert [at for at, _ in alignment.release()] == [10, 20]
    alignment.put("a", 15, "a15")  # the others are past it already
    alignment.put("b", 30, "b30")
    assert alignment.release() == [(30, {"a": "a10", "b": "b30"})]


def test_a_member_that_leaves_is_in_no_release_after_its_last_time() -> None:
    alignment = Alignment(["a", "b"])
    alignment.put("a", 10, "a10")
    alignment.put("a", 20, "a20")
    alignment.put("b", 20, "b20")
    alignment.put("b", 30, "b30")
    alignment.end("a", leaves=True)
    again = Alignment(["a", "b"])
    again.restore(pickle.loads(pickle.dumps(alignment.snapshot())))
    for one in (alignment, again):
        assert one.release() == [
            (10, {"a": "a10", "b": None}),
            (20, {"a": "a20", "b": "b20"}),
            (30, {"b": "b30"}),
        ]
    other = Alignment(["a", "b"])
    other.restore(again.snapshot())
    other.put("b", 40, "b40")
    assert other.release() == [(40, {"b": "b40"})]


def test_when_it_leaves_makes_no_difference() -> None:
    early, late = Alignment(["a", "b"]), Alignment(["a", "b"])
    out = []
    for one in (early, late):
        one.put("a", 10, "a10")
        one.put("b", 10, "b10")
    early.end("a", leaves=True)
    out += early.release()
    assert late.release() == out
    late.end("a", leaves=True)
    for one in (early, late):
        one.put("b", 20, "b20")
    assert early.release() == late.release() == [(20, {"b": "b20"})]


def test_no_members_release_nothing() -> None:
    assert Alignment([]).release() == []


def test_other_members_than_before_are_refused() -> None:
    state = Alignment(["a", "b"]).snapshot()
    with pytest.raises(BrokenInvariant, match="other members"):
        Alignment(["a", "c"]).restore(state)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int]]:
    """(member, time) in some interleaving; a time of -1 ends the member."""
    puts = []
    for member in MEMBERS:
        times = sorted(draw(st.sets(st.integers(0, 30), max_size=8)))
        ends = [-1] if draw(st.booleans()) else []
        puts.append([(member, at) for at in [*times, *ends]])
    order = draw(st.permutations([m for m, part in enumerate(puts) for _ in part]))
    return [puts[m].pop(0) for m in order]


@given(history=histories(), cuts=st.sets(st.integers(0, 30)))
@settings(max_examples=200, deadline=None)
def test_any_interleaving_equals_the_table(history: list, cuts: set[int]) -> None:
    alignment = Alignment(MEMBERS)
    released = []
    for number, (member, at) in enumerate(history):
        if at < 0:
            alignment.end(member)
        else:
            alignment.put(member, at, f"{member}{at}")
        released += alignment.release()
        if number in cuts:
            state = pickle.loads(pickle.dumps(alignment.snapshot()))
            alignment = Alignment(MEMBERS)
            alignment.restore(state)
    put = {member: [at for m, at in history if m == member and at >= 0] for member in MEMBERS}
    ended = {member for member, at in history if at < 0}
    reach = [10**9 if m in ended else max(put[m], default=-1) for m in MEMBERS]
    expected = []
    for at in sorted({at for times in put.values() for at in times}):
        if at <= min(reach):
            last = {m: max((t for t in put[m] if t <= at), default=None) for m in MEMBERS}
            expected.append((at, {m: None if t is None else f"{m}{t}" for m, t in last.items()}))
    assert released == expected
