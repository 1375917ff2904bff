"""A live partition restored after any batch of a process that was killed: as if undisturbed."""

from pathlib import Path
from typing import Any

import pytest

from schemas.control import Progress
from schemas.errors import SeawallError
from sources.digest import BLOCK
from sources.live import reread, segment_stream
from tests.sources.live.alive import Pair, Process, conversation, plainly, same, starts, stored
from tests.sources.talk import MS


def batches(one: Process) -> list[tuple[list[Pair], Any]]:
    """Items of each batch and the state after it."""
    found: list[tuple[list[Pair], Any]] = []
    while True:
        items = one.batch()
        if one.idle():
            return found
        found.append((items, stored(one)))


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[list[Pair], Any]]]:
    """A process killed after over two MiB of lines in several segments; what it gave out."""
    folder = tmp_path_factory.mktemp("spool")
    one = Process(folder, segment_bytes=400_000)
    assert one.started() == []
    said, found = conversation(900, wide=30_000), []
    for at in range(0, 900, 45):
        one.say(*said[at : at + 45], step_ns=300 * MS)
        found += batches(one)
    assert len(one.stream()) > 2 * BLOCK
    assert len(found) == 20
    one.gone()
    with max((folder / "c").glob("*.log")).open("ab") as file:
        file.write(b'1700000 {"torn')
    return folder, found


@pytest.mark.parametrize("at", [0, 6, 13, 19])
def test_restored_after_any_batch(
    killed: tuple[Path, list[tuple[list[Pair], Any]]],
    monkeypatch: pytest.MonkeyPatch,
    at: int,
) -> None:
    """Each process here finds the spool as the ones before left it: with one start line more."""
    monkeypatch.setattr(segment_stream, "BLOCK", 100_000)
    monkeypatch.setattr(reread, "BLOCK", 100_000)
    folder, found = killed
    out = [pair for items, _ in found[: at + 1] for pair in items]
    two = Process(folder, found[at][1])
    assert two.part.connection.lines_done == 45 * (at + 1)
    again = [(two.batch(), stored(two))]
    again += [(two.started(), stored(two))]
    two.say(*conversation(100, seed=2), step_ns=300 * MS)
    again += batches(two)
    out += [pair for items, _ in again for pair in items]
    data = two.stream()
    assert starts(data)[0] == 901
    assert same(out, data)
    plain_out, plain = plainly(data)
    told = [[i for _, i in items if isinstance(i, Progress)] for items in (out, plain_out)]
    assert told[0] == told[1]
    assert len(told[0]) > 4
    assert stored(two) == plain.snapshot()
    assert two.part.connection.progress(0) == plain.progress(0)
    two.gone()
    three = Process(folder, again[0][1])  # killed while it read again what the first one had
    out = [pair for items, _ in found[: at + 1] for pair in items] + again[0][0]
    assert same(out + three.drained(), three.stream())
    three.gone()


def test_a_state_from_before_any_line(tmp_path: Path) -> None:
    one = Process(tmp_path)
    assert one.batch() == []
    state = stored(one)
    one.say(*conversation(40), step_ns=100 * MS)
    one.gone()
    two = Process(tmp_path, state)
    assert same(two.drained(), two.stream())
    assert starts(two.stream()) == [41]
    two.gone()


def test_a_state_ahead_of_the_spool(tmp_path: Path) -> None:
    one = Process(tmp_path / "a")
    one.started()
    one.say(*conversation(40))
    one.drained()
    state, size = stored(one), len(one.stream())
    one.gone()
    two = Process(tmp_path / "b", state)
    with pytest.raises(SeawallError, match=rf"ends {size} bytes before the place that the reco"):
        two.batch()
    assert two.calls == []  # no connection is opened
    two.gone()
