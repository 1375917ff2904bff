"""May a live run go on: by its settings, its connections, its spools and its recovery data."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.live_guard import stored_live
from flows.live_wiring import Live, wire_live
from flows.record import at_the_end
from flows.run_guard import Stored
from flows.settings import numbers_hash
from schemas.errors import RunConflict
from schemas.settings import LiveSettings, Settings
from schemas.units import NS_PER_S
from tests.flows.live_made import BTC, live_input

PUBLIC, MARKET = "binance-usdm-public", "binance-usdm-market"
SAME = numbers_hash(Settings())
AT = 1_700_000_000 * NS_PER_S


def text(number: int) -> bytes:
    """Line `number` of a spool; lines are a minute apart."""
    return b"%d {}\n" % (AT + number * 60 * NS_PER_S)


FIRST = blake2b(text(1), digest_size=16).hexdigest()
Row = tuple[str, str, int, str]  # source, hash of its first line, lines, settings


class Runs:
    """A store with these rows of `runs`."""

    def __init__(self, *rows: Row) -> None:
        self.rows = [(source, first, lines, 9, "d", how) for source, first, lines, how in rows]

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        assert params == {"run": "main"}
        return SimpleNamespace(rows=self.rows)


def opened(folder: Path, lines: int, **live: float) -> Live:
    """A live run whose connections have received so many lines, the first ones read."""
    how = LiveSettings(spool=str(folder), page="", segment_minutes=5, **live)
    made = wire_live(Settings(live=how), [live_input(BTC)], pytest.fail)
    for name in made.connections:
        received(made, name, lines)
    return made


def received(live: Live, name: str, lines: int) -> None:
    """Lines up to this one come to a connection, one after the other."""
    spool = live.connections[name].feeding.spool
    for number in range(spool.lines + 1, lines + 1):
        spool.append([text(number)])
        live.wiring.first_line_hash(name)  # told with the first lines
        spool._packer.wait()


def stored(folder: Path, *rows: Row, lines: int = 0, resumes: bool = False) -> Stored:
    live = opened(folder, lines)
    try:
        return stored_live(Runs(*rows), "main", live, resumes=resumes)
    finally:
        live.close()


def refusal(folder: Path, *rows: Row, **how: Any) -> str:
    with pytest.raises(RunConflict) as told:
        stored(folder, *rows, **how)
    assert told.value.exit_code == 2
    before, after = "run 'main' in this store ", "; choose another name with --run NAME"
    assert str(told.value).startswith(before)
    assert str(told.value).endswith(after)
    return str(told.value).removeprefix(before).removesuffix(after)


@pytest.mark.parametrize("resumes", [False, True])
def test_a_run_goes_on_with_the_same_settings_and_connections(
    tmp_path: Path, resumes: bool
) -> None:
    how = {"lines": 9, "resumes": resumes}
    assert stored(tmp_path, resumes=resumes) == Stored(lines=None)
    assert stored(tmp_path, (PUBLIC, FIRST, 5, SAME), **how) == Stored(lines=5)
    both = (PUBLIC, FIRST, 5, SAME), (MARKET, FIRST, 9, SAME)
    assert stored(tmp_path, *both, **how) == Stored(lines=14)
    begun = (PUBLIC, "", 0, SAME), (MARKET, FIRST, 9, SAME)  # of the first nothing is stored yet
    assert stored(tmp_path, *begun, **how) == Stored(lines=9)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ((PUBLIC, FIRST, 5, "other"), "was made with other settings"),
        (("okx-1", FIRST, 5, SAME), "was made from another input (okx-1)"),
        ((PUBLIC, "f" * 32, 5, SAME), f"was made from another spool of {PUBLIC}"),
        (
            (PUBLIC, FIRST, 1_234, SAME),
            f"was made from 1,234 lines of {PUBLIC}, of which the spool has 9",
        ),
    ],
)
def test_another_run_is_left_alone(tmp_path: Path, row: Row, why: str) -> None:
    assert refusal(tmp_path, row, lines=9) == why


def test_a_new_spool_under_a_stored_run(tmp_path: Path) -> None:
    """Its lines would count from 1 again, and the store would take its events for old ones."""
    assert stored(tmp_path, (PUBLIC, FIRST, 5, SAME), lines=9) == Stored(lines=5)
    why = f"was made from 5 lines of {PUBLIC}, of which the spool has 0"
    assert refusal(tmp_path / "new", (PUBLIC, FIRST, 5, SAME)) == why


def test_new_recovery_data_need_the_first_lines(tmp_path: Path) -> None:
    """Segments of five minutes are kept for a quarter of an hour, or as long as they are needed."""
    rows = (PUBLIC, FIRST, 40, SAME), (MARKET, FIRST, 40, SAME)
    live = opened(tmp_path, 40, keep_hours=0.25)
    spool = live.connections[PUBLIC].feeding.spool
    assert spool.lines_deleted == 0  # nothing has been read by the flow
    assert stored_live(Runs(*rows), "main", live, resumes=False) == Stored(lines=80)
    spool.need(len(text(1)) * 12)  # twelve lines have been read
    received(live, PUBLIC, 50)
    assert spool.lines_deleted == 10  # the segment with line 12 is whole
    live.close()
    why = (
        f"has no recovery data, and 10 lines of {PUBLIC} that it must begin with have been "
        "deleted from the spool"
    )
    assert refusal(tmp_path, *rows) == why
    assert refusal(tmp_path) == why  # also into an empty store
    assert stored(tmp_path, *rows, resumes=True) == Stored(lines=80)


def test_a_recording_alone_has_nothing_to_read_again(tmp_path: Path) -> None:
    live = opened(tmp_path, 40, keep_hours=0.25)
    one = live.connections[PUBLIC]
    at_the_end(one, lambda: False)
    received(live, PUBLIC, 50)
    assert one.feeding.spool.lines_deleted == 25  # minute 45 − 15 is in the segment after
    live.close()
