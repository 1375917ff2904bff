"""What a later process may have to read again is not deleted, however old it is."""

import pickle
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bytewax import operators as op
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, run_main

from flows.recovery import resume_epoch
from schemas.errors import UsageError
from sources.digest import BLOCK
from sources.live.source import LiveSource
from sources.live.spool import Spool
from tests.sources.live.alive import NOW, Pair, Process, conversation, fresh, same, stored
from tests.sources.live.spools import AT, SECOND, lines, spool, texts
from tests.sources.talk import MS


def filled(made: Spool, first: int, past: int) -> None:
    for number in range(first, past):
        made.append(lines(number, number + 1, size=200 - len(str(number))))
        made._packer.wait()


def first_in(made: Spool) -> int:
    """The number of the first line that is still there."""
    return made.lines_deleted + 1


# -- the spool ---------------------------------------------------------------------------------


def test_old_segments_stay_until_they_are_read(tmp_path: Path) -> None:
    with spool(tmp_path, segment_s=5.0, keep_s=12.0, needed=0) as made:
        filled(made, 1, 62)
        size = made.size_bytes // 61
        assert first_in(made) == 1
        made.need(12 * size)  # lines 1 to 12 are done with: those up to 10 are a segment's
        filled(made, 62, 67)
        assert first_in(made) == 11
        made.need(20 * size)  # exactly up to a segment's end
        filled(made, 67, 72)
        assert first_in(made) == 21
        made.need(None)
        filled(made, 72, 77)
        assert first_in(made) == 61  # 71 − 12 = 59 is in the segment before


def test_a_start_deletes_nothing_that_is_needed(tmp_path: Path) -> None:
    """Another header finishes the last segment at once, before any state has been looked at."""
    with spool(tmp_path, segment_s=5.0) as made:
        filled(made, 1, 62)
    other = {"version": 1, "venue": "v", "instruments": []}
    with spool(tmp_path, segment_s=5.0, keep_s=12.0, needed=0, header=other) as made:
        made._packer.wait()
        assert first_in(made) == 1
    before = texts(made.folder)
    with spool(tmp_path, segment_s=5.0, keep_s=12.0, needed=0) as made:
        filled(made, 62, 63)
        assert first_in(made) == 1
    assert texts(made.folder).items() >= before.items()


def test_a_damaged_segment_keeps_what_is_before_it(tmp_path: Path) -> None:
    with spool(tmp_path, segment_s=5.0) as made:
        filled(made, 1, 42)
    with spool(tmp_path, segment_s=5.0, keep_s=12.0, needed=1 << 40) as made:
        damaged = made.folder / f"c__{AT + 11 * SECOND}.zst"
        damaged.write_bytes(b"no zstandard")
        filled(made, 42, 50)
        assert first_in(made) == 6
        assert damaged.exists()


# -- the partition -----------------------------------------------------------------------------


def wide(count: int, seed: int) -> list[str]:
    return conversation(count, seed=seed, wide=30_000)


class Heard:
    """Every line that any process has appended, whatever was deleted since."""

    def __init__(self) -> None:
        self.data = bytearray()

    def by(self, one: Process) -> Process:
        append = one.lane._append

        def heard(said: list[bytes]) -> Any:
            self.data += b"".join(said)
            return append(said)

        one.lane._append = heard
        return one


def busy(one: Process, seed: int) -> None:
    """Half a MiB in a few segments."""
    for payload in wide(180, seed):
        one.say(payload, step_ns=100 * MS)
        one.spool._packer.wait()


def test_what_a_kill_may_lead_back_to_is_kept(tmp_path: Path) -> None:
    """From any of the last states the run goes on as if undisturbed; from an early one, never."""
    heard = Heard()
    one = heard.by(Process(tmp_path, segment_bytes=100_000, keep_s=1.0, needed=0))
    one.started()
    states: list[tuple[list[Pair], Any]] = []
    out: list[Pair] = []
    for number in range(8):
        busy(one, number)
        out += one.drained()
        states.append((list(out), stored(one)))
    deleted = one.spool.lines_deleted
    assert deleted > 180
    one.gone()
    for before, state in states[-3:]:
        two = heard.by(Process(tmp_path, state))
        assert two.part.connection.lines_done > deleted
        assert same(before + two.started() + two.drained(), bytes(heard.data))
        two.gone()
    two = Process(tmp_path, states[0][1])
    with pytest.raises(UsageError, match="choose another name with --run NAME"):
        two.drained()
    assert two.calls == []  # no connection is opened
    two.gone()


def test_without_states_nothing_is_deleted(tmp_path: Path) -> None:
    one = Process(tmp_path, segment_bytes=100_000, keep_s=1.0, needed=0)
    one.started()
    for number in range(3):
        busy(one, number)
        one.drained()
    assert one.spool.lines_deleted == 0
    one.gone()


# -- under the engine --------------------------------------------------------------------------


def committed(folder: Path, copy: Path) -> int:
    """The byte from which on a start at this moment would read.

    Of a copy: a second SQLite library in one process would take the file for nobody's.
    """
    copy.mkdir(exist_ok=True)
    for file in folder.glob("part-*.sqlite3*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, copy)
    resume = resume_epoch(copy)
    assert resume is not None
    sql = "SELECT ser_change FROM snaps WHERE state_key = 'c' AND snap_epoch < ?"
    with closing(sqlite3.connect(next(copy.glob("part-*.sqlite3")))) as db:
        rows = db.execute(f"{sql} ORDER BY snap_epoch DESC LIMIT 1", (resume,)).fetchall()
    shutil.rmtree(copy)
    if not rows:
        return 0
    made = fresh()
    made.restore(pickle.loads(rows[0][0]))
    return made.digest_from


def test_the_engine_has_stored_a_later_state_when_lines_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Process(tmp_path / "spool", segment_bytes=100_000, keep_s=1.0, needed=0)
    seen: list[tuple[int, int]] = []
    need, turns = Spool.need, iter(range(80))

    def checked(self: Spool, byte: int | None) -> None:
        assert byte is not None
        seen.append((byte, committed(tmp_path, tmp_path / "copy")))
        need(self, byte)

    def stop() -> bool:
        """Asked at every poll: something is received, until it is enough."""
        turn = next(turns, None)
        one.owner.ended = turn is None
        if turn is not None:
            one.say(*wide(20, turn), step_ns=100 * MS)
        return turn is None

    monkeypatch.setattr(Spool, "need", checked)
    flow = Dataflow("kept")
    lines = op.input("in", flow, LiveSource({"c": one.part.live}, stop, lambda: NOW))
    op.output("out", lines, TestingSink([]))
    init_db_dir(tmp_path, 1)
    run_main(flow, epoch_interval=timedelta(0), recovery_config=RecoveryConfig(str(tmp_path)))
    assert len(seen) > 20
    assert max(byte for byte, _ in seen) >= BLOCK
    assert [pair for pair in seen if pair[0] > pair[1]] == []
    assert one.spool.lines_deleted > 0
    one.gone()
