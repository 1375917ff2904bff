"""Book and snapshot in step: the rules case by case, then against the dictionary book at random."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.book_sync import HELD_ROWS, REPETITIONS, BookSync, Continuity, Held, Outcome
from tests.reference.binance_dict import DictBook

FUTURES, DENSE = Continuity(by_previous=True), Continuity(by_previous=False)
WISH, NOTHING = Outcome(wish=True), Outcome()
LOST = Outcome(gap=True, wish=True)


def frame(first: int, last: int, previous: int = -1, rows: int = 1) -> Held:
    return Held(first, last, previous, 0, b"\1" * rows, b"\0" * 8 * rows, b"\0" * 8 * rows)


def snapshot(number: int) -> Held:
    return frame(number, number)


class Heard:
    """A sync that is told one thing after the other."""

    def __init__(self, continuity: Continuity, sync: BookSync | None = None) -> None:
        self.continuity = continuity
        self.sync = sync or BookSync()

    def frames(self, *frames: Held) -> list[Outcome]:
        return [self.frame(f) for f in frames]

    def frame(self, f: Held) -> Outcome:
        if self.sync.runs_on(self.continuity, f.first_id, f.previous_id):
            self.sync.last_id = f.last_id
            return Outcome([f])
        return self.sync.on_frame(self.continuity, f)

    def snapshot(self, number: int) -> Outcome:
        return self.sync.on_snapshot(self.continuity, snapshot(number))


def synced(continuity: Continuity = FUTURES) -> Heard:
    """Its last id is 20."""
    heard = Heard(continuity)
    heard.snapshot(15)
    heard.frame(frame(11, 20, 9))
    assert heard.sync.last_id == 20
    return heard


F1, F2, F3, F4 = frame(11, 20, 9), frame(22, 30, 20), frame(33, 40, 30), frame(44, 50, 40)


def test_frames_wait_for_the_snapshot_and_one_wish_goes_out() -> None:
    heard = Heard(FUTURES)
    assert heard.frames(F1, F2, F3) == [WISH, NOTHING, NOTHING]
    assert heard.snapshot(25) == Outcome([snapshot(25), F2, F3])
    assert heard.frame(F4) == Outcome([F4])
    assert heard.sync == BookSync(synced=True, last_id=50)


def test_a_snapshot_before_any_frame_waits_without_a_wish() -> None:
    heard = Heard(FUTURES)
    assert heard.snapshot(25) == NOTHING
    assert heard.frames(F1, F2) == [NOTHING, Outcome([snapshot(25), F2])]


@pytest.mark.parametrize(("number", "first"), [(22, F2), (25, F2), (30, F2), (20, F1), (33, F3)])
def test_futures_start_with_the_frame_that_straddles_the_snapshot(number: int, first: Held) -> None:
    heard = Heard(FUTURES)
    heard.frames(F1, F2, F3)
    applied = heard.snapshot(number).apply
    assert applied[:2] == [snapshot(number), first]


@pytest.mark.parametrize("number", [5, 10, 21, 31, 32])
def test_futures_wish_again_when_no_frame_straddles_it(number: int) -> None:
    heard = Heard(FUTURES)
    heard.frames(F1, F2, F3)
    assert heard.snapshot(number) == WISH
    assert heard.snapshot(number + 100) == NOTHING  # newer than all: it waits
    assert heard.sync.held == []


DENSE_FRAMES = frame(11, 20), frame(21, 30), frame(31, 40)


@pytest.mark.parametrize(
    ("number", "begin"), [(10, 0), (15, 0), (19, 0), (20, 1), (29, 1), (30, 2), (39, 2)]
)
def test_spot_starts_with_the_frame_that_holds_the_next_id(number: int, begin: int) -> None:
    heard = Heard(DENSE)
    heard.frames(*DENSE_FRAMES)
    assert heard.snapshot(number) == Outcome([snapshot(number), *DENSE_FRAMES[begin:]])


def test_spot_snapshots_too_old_and_too_new() -> None:
    heard = Heard(DENSE)
    heard.frames(*DENSE_FRAMES)
    assert heard.snapshot(9) == WISH
    assert heard.snapshot(40) == NOTHING
    assert heard.frame(frame(41, 50)) == Outcome([snapshot(40), frame(41, 50)])


def test_a_waiting_snapshot_that_its_first_frame_does_not_fit() -> None:
    heard = Heard(FUTURES)
    heard.snapshot(5)
    assert heard.frame(F1) == WISH
    assert heard.frame(F2) == NOTHING
    assert heard.snapshot(15) == Outcome([snapshot(15), F1, F2])


def test_of_two_waiting_snapshots_the_newer_counts() -> None:
    for numbers in ((15, 25), (25, 15)):
        heard = Heard(FUTURES)
        assert [heard.snapshot(number) for number in numbers] == [NOTHING, NOTHING]
        assert heard.frame(F1) == NOTHING
        assert heard.frame(F2) == Outcome([snapshot(25), F2])


def test_a_snapshot_that_is_not_needed_is_ignored() -> None:
    heard = synced()
    assert [heard.snapshot(number) for number in (5, 20, 99)] == [NOTHING] * 3
    assert heard.frame(F2) == Outcome([F2])


def test_a_missing_frame_loses_the_book_and_is_held() -> None:
    heard = synced()
    assert heard.frames(F3, F4) == [LOST, NOTHING]
    assert heard.snapshot(35) == Outcome([snapshot(35), F3, F4])


def test_a_doubled_frame_changes_nothing() -> None:
    heard = synced()
    assert heard.frames(F1, F2, F2, F1, F3) == [NOTHING, Outcome([F2]), NOTHING, NOTHING,
                                                Outcome([F3])]  # fmt: skip


def test_two_frames_that_have_changed_places() -> None:
    heard = synced()
    assert heard.frames(F3, F2, F4) == [LOST, NOTHING, NOTHING]
    # Held as they came; the snapshot lies in F3, so the late F2 is older than it and F4 follows.
    assert heard.snapshot(35) == Outcome([snapshot(35), F3, F4])


def test_spot_breaks() -> None:
    heard = synced(DENSE)
    assert heard.frames(frame(21, 25), frame(27, 30)) == [Outcome([frame(21, 25)]), LOST]
    assert heard.snapshot(26) == Outcome([snapshot(26), frame(27, 30)])


def test_a_break_inside_what_is_held() -> None:
    heard = Heard(FUTURES)
    heard.frames(F1, F2, F4)
    assert heard.snapshot(15) == Outcome([snapshot(15), F1, F2], gap=True, wish=True)
    assert heard.sync.held == [F4]
    assert heard.snapshot(45) == Outcome([snapshot(45), F4])


def test_losing() -> None:
    heard = synced()
    assert heard.sync.lose() == LOST
    assert heard.sync.lose() == WISH  # nothing was known, but whoever answers must know
    heard.frames(F1, F2)
    assert heard.sync.lose() == WISH
    assert heard.snapshot(25) == NOTHING
    assert heard.frame(F3) == WISH  # 25 < 33: what came before the loss is gone


def test_a_loss_forgets_the_waiting_snapshot() -> None:
    heard = Heard(FUTURES)
    heard.snapshot(15)
    heard.sync.lose()
    assert heard.frame(F1) == NOTHING


def test_what_is_held_is_bounded() -> None:
    heard = Heard(DENSE)
    outcomes = [heard.frame(frame(k, k, rows=40)) for k in range(1, 1001)]
    assert outcomes == [WISH, *[NOTHING] * 999]
    assert sum(f.rows for f in heard.sync.held) == HELD_ROWS
    assert [f.first_id for f in heard.sync.held] == list(range(876, 1001))
    assert heard.snapshot(800) == WISH
    assert [f.first_id for f in heard.snapshot(900).apply] == [900, *range(901, 1001)]
    heard.sync.lose()
    giant = frame(1, 1, rows=HELD_ROWS + 1)
    heard.frame(giant)
    assert heard.sync.held == [giant]


@st.composite
def streams(draw, futures: bool):
    """A chain with missing, doubled and swapped frames, and snapshots of any age."""
    events, at, before = [], 100, 90
    for _ in range(draw(st.integers(1, 14))):
        first = at + (draw(st.integers(0, 5)) if futures else 0)
        last = first + draw(st.integers(0, 4))
        events.append((first, last, before))
        at, before = last + 1, last
    for _ in range(draw(st.integers(0, 3))):
        k = draw(st.integers(0, len(events) - 1))
        how = draw(st.integers(0, 2))
        if how == 0:
            del events[k : k + (len(events) > 1)]
        elif how == 1:
            events.insert(draw(st.integers(k, len(events))), events[k])
        else:
            events[k:] = [*events[k + 1 : k + 2], events[k], *events[k + 2 :]]
    for _ in range(draw(st.integers(0, 4))):
        number = draw(st.integers(90, at + 10))
        events.insert(draw(st.integers(0, len(events))), (number,))
    return events


@pytest.mark.parametrize("continuity", [FUTURES, DENSE])
@given(st.data())
@settings(max_examples=300, deadline=None)
def test_as_the_dictionary_book(continuity: Continuity, data: st.DataObject) -> None:
    heard, book = Heard(continuity), DictBook(futures=continuity.by_previous)
    wishes = expected_wishes = 0
    seen_frame = False
    for event in data.draw(streams(continuity.by_previous)):
        if len(event) == 1:
            waiting = heard.sync.snapshot
            if waiting is not None and waiting.last_id > event[0]:
                continue  # a late answer: the reference knows only "the last one"
            known = book.known
            ours = heard.snapshot(event[0])
            theirs = book.on_snapshot({"lastUpdateId": event[0], "bids": [], "asks": []})
        else:
            first, last, previous = event
            known = book.known or book.pending is not None
            ours = heard.frame(frame(first, last, previous))
            theirs = book.on_depth({"U": first, "u": last, "pu": previous, "b": [], "a": []})
            expected_wishes += not (seen_frame or known)
            seen_frame = True
        wishes += ours.wish
        mismatched = not book.known and book.pending is None and not theirs.gap
        asked = len(event) == 1 or known
        expected_wishes += theirs.gap or (mismatched and asked and not ours.gap)
        loaded = [] if theirs.snapshot is None else [theirs.snapshot["lastUpdateId"]]
        assert [f.last_id for f in ours.apply] == [*loaded, *(f["u"] for f in theirs.applied)]
        assert (ours.gap, heard.sync.synced) == (theirs.gap, book.known)
        assert wishes == expected_wishes


def test_a_venue_that_counts_anew_is_a_loss_and_not_silence() -> None:
    continuity = Continuity(by_previous=False)
    sync = BookSync(synced=True, last_id=1_000)

    def frame(number: int) -> Held:
        return Held(number, number, -1, 0, b"\x00", bytes(8), bytes(8))

    told = [sync.on_frame(continuity, frame(number)) for number in range(1, REPETITIONS + 2)]
    assert told[:-1] == [Outcome()] * REPETITIONS
    assert told[-1] == Outcome(gap=True, wish=True)
    assert [held.last_id for held in sync.held] == [REPETITIONS + 1]
    sync = BookSync(synced=True, last_id=1_000)
    for number in range(3 * REPETITIONS):  # now and then a repetition among frames that run on
        assert sync.on_frame(continuity, frame(5)) == Outcome()
        sync.run_on(1_000 + number)
    assert sync.synced
