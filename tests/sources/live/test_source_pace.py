"""When a live partition takes what waits: at a grid time, at once what is urgent, many or old."""

from pathlib import Path
from random import Random

import pytest

from sources.live import source
from sources.live.source import PATIENCE_NS
from tests.sources.live.alive import Process, conversation, same, stored
from tests.sources.talk import GRID, MS, depth, trade


def begun(folder: Path, patience_ns: int = PATIENCE_NS) -> Process:
    """A connection whose first line has been taken: it is at START + 1 ms."""
    one = Process(folder, patience_ns=patience_ns)
    one.started()
    one.say(trade(1))
    assert one.batch()
    return one


def done(one: Process) -> int:
    """Lines that have been taken."""
    one.batch()
    return one.part.connection.lines_done


def test_lines_wait_for_the_grid_time_and_those_after_it_for_the_next(tmp_path: Path) -> None:
    one = begun(tmp_path)
    one.say(*[trade(n) for n in range(2, 6)])
    assert (done(one), one.lane.waiting_frames) == (1, 4)
    one.say(*[trade(n) for n in range(6, 10)], step_ns=100 * MS)  # the third is past the grid time
    assert (done(one), one.lane.waiting_frames) == (8, 0)
    assert one.part.connection.last_grid == one.now_ns // GRID * GRID
    assert done(one) == 8  # the ninth is held, not lost
    one.say(trade(10), step_ns=GRID)
    assert done(one) == 10
    one.gone()


def test_patience_has_an_end(tmp_path: Path) -> None:
    one = begun(tmp_path, patience_ns=50 * MS)
    one.say(trade(2), step_ns=49 * MS)
    assert done(one) == 1
    one.say(trade(3), step_ns=MS)
    assert done(one) == 3
    one.gone()


@pytest.mark.parametrize("word", ["answer", "control", "urgent", "failure"])
def test_what_is_urgent_takes_everything_with_it(tmp_path: Path, word: str) -> None:
    one = begun(tmp_path)
    one.say(trade(2), trade(3))
    if word == "answer":
        one.say("@http://there {}")
    elif word == "control":
        one.say("!clock")
    elif word == "urgent":
        one.lane.hurry()
    else:
        one.lane.fail(OSError("gone"))
    before = one.lane.waiting_frames
    assert done(one) == 1 + before
    if word == "failure":
        with pytest.raises(OSError, match="gone"):
            one.batch()
    one.gone()


def test_many_lines_do_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_MANY", (5, 5))
    one = begun(tmp_path)
    one.say(*[trade(n) for n in range(2, 6)])
    assert done(one) == 1
    one.say(trade(6))
    assert done(one) == 6
    one.gone()


def test_at_the_end_nothing_waits(tmp_path: Path) -> None:
    one = begun(tmp_path)
    one.say(trade(2), trade(3))
    one.stopping = one.owner.ended = True
    assert done(one) == 3
    with pytest.raises(StopIteration):
        one.batch()
    one.gone()


@pytest.mark.parametrize("seed", range(4))
def test_whenever_it_looks_the_items_are_those_of_the_lines(tmp_path: Path, seed: int) -> None:
    chance, out = Random(seed), []
    one = Process(tmp_path, patience_ns=PATIENCE_NS)
    out += one.started()
    for text in conversation(300, seed):
        one.say(text, step_ns=chance.choice([0, 0, MS, 30 * MS, GRID]))
        if chance.random() < 0.3:
            out += one.batch()
    one.stopping = one.owner.ended = True
    while one.part.connection.lines_done < one.spool.lines:
        out += one.batch()
    assert same(out, one.stream())
    one.gone()


def test_what_waits_is_read_again_after_a_kill(tmp_path: Path) -> None:
    one = begun(tmp_path)
    one.say(*[depth(10 * n, 10 * n + 9, 10 * n - 1) for n in range(1, 5)], step_ns=100 * MS)
    assert done(one) == 4  # up to the first after the grid time
    state = stored(one)
    one.gone()
    again = Process(tmp_path, state, patience_ns=PATIENCE_NS)
    again.batch()
    assert again.part.connection.lines_done == 5
    again.gone()
