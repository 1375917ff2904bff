"""Wishes: asked at once, repeated, told to be stale after three tries, forgotten when satisfied."""

from schemas.control import Wish
from sources.live.wishes import AGAIN_LEAST_S, FETCH_LEAST_S, TRIES, Wishes

A, B, URL = "toy:A", "toy:B", "http://there/depth?symbol=A"
FETCH, AGAIN = Wish(A, URL, "sequence"), Wish(B, "", "sequence")
REPEAT_S = 30.0


def is_ready(connection: str) -> bool:
    return True


def is_down(connection: str) -> bool:
    return False


def asked(wishes: Wishes, now_s: float) -> list[tuple[str, str, str]]:
    return [(a.connection, a.instrument, a.url) for a in wishes.due(now_s, is_ready)]


def made(*wishes: Wish) -> Wishes:
    store = Wishes(REPEAT_S)
    for wish in wishes:
        store.add("c", wish, 0.0)
    return store


def test_a_wish_is_asked_at_once_and_every_thirty_seconds() -> None:
    wishes = made(FETCH)
    assert wishes.next_s(is_ready) == 0.0
    assert asked(wishes, 0.0) == [("c", A, URL)]
    assert wishes.next_s(is_ready) == 30.0
    assert asked(wishes, 29.9) == []
    assert asked(wishes, 30.0) == [("c", A, URL)]


def test_after_three_tries_the_instrument_is_stale_and_asked_for_as_before() -> None:
    wishes = made(FETCH)
    found = []
    for now_s in (0.0, 30.0, 60.0, 89.9, 90.0, 119.9, 120.0):
        found.append((len(asked(wishes, now_s)), wishes.stale(now_s)))
    assert TRIES == 3
    stale = {"c": (A,)}
    assert found == [(1, {}), (1, {}), (1, {}), (0, {}), (1, stale), (0, stale), (1, stale)]


def test_snapshots_that_never_match_are_asked_for_thrice_and_then_every_thirty_seconds() -> None:
    wishes = made(FETCH)
    tried, stale_since = [], None
    for tenth in range(1001):
        now_s = tenth / 10
        if asked(wishes, now_s):
            tried.append(now_s)
        elif tried and round(now_s - tried[-1], 1) == 0.2:  # the answer came and did not do
            wishes.add("c", FETCH, now_s)
        if stale_since is None and wishes.stale(now_s):
            stale_since = now_s
    assert tried == [0.0, 1.0, 2.0, 32.0, 62.0, 92.0]
    assert stale_since == 2.2


def test_it_is_stale_as_well_while_the_connection_is_down() -> None:
    wishes = made(FETCH)
    for now_s in (0.0, 30.0, 60.0):
        asked(wishes, now_s)
    assert wishes.due(90.0, is_down) == []
    assert (wishes.stale(89.9), wishes.stale(90.0)) == ({}, {"c": (A,)})


def test_satisfied_ends_it_and_a_new_loss_begins_anew() -> None:
    wishes = made(FETCH, AGAIN)
    for now_s in (0.0, 30.0, 60.0, 90.0):
        asked(wishes, now_s)
    assert wishes.stale(90.0) == {"c": (A, B)}
    wishes.satisfied("c", A)
    wishes.satisfied("other", B)
    assert wishes.stale(90.0) == {"c": (B,)}
    wishes.add("c", FETCH, 91.0)
    assert asked(wishes, 91.0) == [("c", A, URL)]
    assert wishes.stale(91.0) == {"c": (B,)}


def test_one_answer_satisfies_one_wish_of_two() -> None:
    wishes = made(Wish(A, "", "sequence"), Wish(A, "http://listing", "no_metadata"))
    wishes.satisfied("c", A, "http://listing")
    assert asked(wishes, 0.0) == [("c", A, "")]
    wishes.satisfied("c", A)
    assert wishes.next_s(is_ready) is None


def test_the_same_wish_again_is_asked_soon_but_not_too_soon() -> None:
    wishes = made(FETCH, AGAIN)
    assert len(asked(wishes, 0.0)) == 2
    wishes.add("c", FETCH, 0.1)
    wishes.add("c", AGAIN, 0.1)
    assert wishes.next_s(is_ready) == FETCH_LEAST_S == 1.0
    assert asked(wishes, 1.0) == [("c", A, URL)]
    assert wishes.next_s(is_ready) == AGAIN_LEAST_S == 5.0
    wishes.add("c", FETCH, 20.0)
    assert sorted(asked(wishes, 20.0)) == [("c", A, URL), ("c", B, "")]
    assert wishes.next_s(is_ready) == 50.0


def test_nothing_is_asked_on_a_connection_that_is_not_ready() -> None:
    wishes = made(FETCH)
    wishes.add("d", AGAIN, 0.0)
    assert wishes.due(0.0, is_down) == []
    assert wishes.next_s(is_down) is None
    found = wishes.due(5.0, lambda connection: connection == "d")
    assert [asking.connection for asking in found] == ["d"]
    assert asked(wishes, 6.0) == [("c", A, URL)]


def test_an_opened_connection_asks_for_answers_anew_and_subscribes_by_itself() -> None:
    wishes = made(FETCH, AGAIN)
    asked(wishes, 0.0)
    wishes.opened("other", 9.0)
    assert asked(wishes, 9.0) == []
    wishes.opened("c", 10.0)
    assert asked(wishes, 10.0) == [("c", A, URL)]
    assert asked(wishes, 39.9) == []
    assert sorted(asked(wishes, 40.0)) == [("c", A, URL), ("c", B, "")]
