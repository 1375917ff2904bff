"""A live partition: the spool first, one start line, then the lane; its end; lags."""

from pathlib import Path

import pytest

from schemas.chunk import Chunk
from schemas.errors import SeawallError
from sources.live import source
from sources.live.source import POLL, lags_ms
from tests.sources.live.alive import NOW, Process, conversation, plainly, same, starts, stored
from tests.sources.talk import MS, START, trade

SECOND = 1000 * MS


def test_nothing_has_come(tmp_path: Path) -> None:
    one = Process(tmp_path)
    assert one.part.next_awake() is None
    assert one.calls == []
    for _ in range(3):
        assert one.part.next_batch() == []
        assert one.part.next_awake() == NOW + POLL
    assert one.calls == [("start",)]
    assert one.stream() == b""
    one.say(trade(1))
    assert one.batch()
    assert one.part.next_awake() is None
    one.gone()


def test_the_first_run_has_no_start_line(tmp_path: Path) -> None:
    one = Process(tmp_path)
    assert one.batch() == []
    said, out = conversation(300), []
    for at in range(0, 300, 50):
        one.say(*said[at : at + 50], step_ns=100 * MS)
        out += one.batch()
    data = one.stream()
    assert data.count(b"\n") == 300
    assert starts(data) == []
    assert same(out, data)
    plain = plainly(data)[1]
    assert stored(one) == plain.snapshot()
    assert one.part.connection.progress(0) == plain.progress(0)
    one.gone()


def test_at_most_so_many_lines_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_LINES", 7)
    one = Process(tmp_path)
    out, done = one.started(), []
    one.say(*conversation(30))
    for _ in range(5):
        out += one.batch()
        done.append(one.part.connection.lines_done)
    assert done == [7, 14, 21, 28, 30]
    assert same(out, one.stream())
    one.gone()


def test_the_spool_then_one_start_line_then_the_lane(tmp_path: Path) -> None:
    """No state: whatever was received is read again; and again by the next process."""
    said = conversation(200)
    for run in range(3):
        one = Process(tmp_path, segment_bytes=4000)
        earlier = one.stream()
        out = []
        while one.part.connection.bytes_done < len(earlier):
            out += one.batch()
            assert (one.stream(), one.calls.count(("start",))) == (earlier, 0)
        out += one.started()
        one.say(*said[run * 60 : run * 60 + 60], step_ns=50 * MS)
        out += one.drained()
        assert one.calls.count(("start",)) == 1
        data = one.stream()
        assert data.startswith(earlier)
        assert data.count(b"\n") == 60 * (run + 1) + run == one.part.connection.lines_done
        assert starts(data) == [61, 122][:run]
        assert same(out, data)
        one.gone()


# -- the end -------------------------------------------------------------------------------------


def test_stop_gives_out_what_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_LINES", 4)
    one = Process(tmp_path)
    out = one.started()
    one.say(*conversation(10))
    one.stopping = True
    out += one.drained()  # the owner has not ended: more may come
    assert one.idle()
    one.say(*conversation(10, seed=2))
    one.owner.ended = True
    for _ in range(3):
        out += one.batch()
    assert same(out, one.stream())
    with pytest.raises(StopIteration):
        one.batch()
    one.gone()


def test_lines_that_come_while_the_owner_ends_are_not_lost(tmp_path: Path) -> None:
    one = Process(tmp_path)
    out = one.started()
    one.stopping = True
    feeding = one.part.live.feeding
    drain = feeding.drain

    def late(most_lines: int) -> tuple[bytes, bool]:
        data = drain(most_lines)
        if not one.owner.ended:  # just after the look into the empty queue
            one.say(*conversation(10))
            one.owner.ended = True
        return data

    feeding.drain = late  # type: ignore[method-assign]
    assert one.batch() == []
    out += one.batch()
    assert same(out, one.stream())
    with pytest.raises(StopIteration):
        one.batch()
    one.gone()


def test_it_goes_on_until_it_is_told_to_stop(tmp_path: Path) -> None:
    one = Process(tmp_path)
    one.owner.ended = True
    assert (one.batch(), one.idle()) == ([], True)
    one.stopping = True
    with pytest.raises(StopIteration):
        one.batch()
    one.gone()


def test_stopped_before_it_was_started(tmp_path: Path) -> None:
    one = Process(tmp_path)
    one.started()
    one.say(*conversation(10))
    one.gone()
    two = Process(tmp_path)
    two.stopping = two.owner.ended = True
    out = two.started()
    assert same(out, two.stream())
    with pytest.raises(StopIteration):
        two.batch()
    two.gone()


def test_a_failure_follows_the_last_line(tmp_path: Path) -> None:
    one = Process(tmp_path)
    one.started()
    one.say(*conversation(10))
    one.lane.fail(SeawallError("the disk is full"))
    one.owner.ended = True
    assert same(one.batch(), one.stream())
    for stopping in (False, True):
        one.stopping = stopping
        with pytest.raises(SeawallError, match="the disk is full"):
            one.batch()
    one.gone()


# -- lags ----------------------------------------------------------------------------------------


def test_lags_of_the_last_rows_that_have_a_venue_time() -> None:
    early = START // MS - 40
    said = [trade(n).replace('"E":1', f'"E":{early + n}') for n in range(3)]
    data = b"".join(b"%d %s\n" % (START + n * SECOND, s.encode()) for n, s in enumerate(said))
    found = plainly(data)[0]
    assert sum(isinstance(item, Chunk) for _, item in found) == 1
    assert lags_ms(found) == [2000 + 40 - 2]
    none = b"%d %s\n" % (START, trade(1).replace('"E":1', '"E":0').encode())
    assert lags_ms(plainly(none)[0]) == []
