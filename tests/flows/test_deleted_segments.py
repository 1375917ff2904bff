"""Replays of a spool whose first segments have been deleted: exact from there on, or refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.errors import UsageError
from sources.listing import open_listed, scan_listing
from sources.live.segments import PACKED, segment_names
from sources.live.spool import Spool
from sources.simulator.recording import write_recording
from tests.flows.collected import collected
from tests.flows.excerpt import raw_lines, write_lines
from tests.flows.killed import stored_rows
from tests.flows.several import commands
from tests.sources.talk import as_is

NAME = "binance-usdm__a"
HEADER = {"version": 1, "venue": "binance-usdm", "instruments": []}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Some seconds of a simulated market; every 100th line cannot be read."""
    whole = tmp_path_factory.mktemp("made") / f"{NAME}.gz"
    write_recording(whole, minutes=0.2)
    found = [line for line in raw_lines(whole) if b" !" not in line[:22]]
    return [
        line.partition(b" ")[0] + b" {\n" if number % 100 == 0 else line
        for number, line in enumerate(found, start=1)
    ]


def spooled(folder: Path, lines: list[bytes]) -> Path:
    """A spool of these lines in several segments."""
    with Spool(folder, NAME, header=HEADER, segment_bytes=100_000) as made:
        for begin in range(0, len(lines), 50):
            made.append(lines[begin : begin + 50])
    return folder / NAME


def delete_first(folder: Path) -> int:
    """Delete the oldest segment; how many lines are before the new first one."""
    (folder / (segment_names(folder)[0] + PACKED)).unlink()
    return scan_listing(folder, None, as_is).lines_before


def test_what_is_left_replays_like_a_file_of_it_but_for_line_numbers(
    tmp_path: Path, lines: list[bytes]
) -> None:
    folder = spooled(tmp_path / "spool", lines)
    delete_first(folder)
    before = delete_first(folder)
    assert 100 < before < len(lines) - 100
    ours = collected([folder])
    plain = collected([write_lines(lines[before:], tmp_path / f"{NAME}.gz")])
    assert ours.rows.keys() == plain.rows.keys()
    for table, rows in plain.rows.items():
        expected: list[Any] = rows
        if table in ("rejected", "liquidations"):
            expected = [replace(row, line=row.line + before) for row in rows]
        assert ours.rows[table] == expected, table
    told = [row.line for row in ours.rows["rejected"]]
    assert told == [n for n in range(100, len(lines) + 1, 100) if n > before]


def test_a_run_continues_only_from_the_line_that_it_began_with(
    tmp_path: Path, lines: list[bytes]
) -> None:
    """One spool as it stands at four times."""
    begun, cut, grown, gone = (tmp_path / name for name in ("begun", "cut", "grown", "gone"))
    spooled(begun, lines[: len(lines) * 3 // 4])
    shutil.copytree(begun, cut)
    before = delete_first(cut / NAME)
    shutil.copytree(cut, grown)
    spooled(grown, lines[len(lines) * 3 // 4 :])
    shutil.copytree(grown, gone)
    delete_first(gone / NAME)
    store = f"chdb://{tmp_path / 'store'}"
    state = ("--state", tmp_path / "state")
    replays = [
        (begun, "main", *state), (cut, "main"), (cut, "main", *state), (cut, "later"),
        (cut, "later"), (grown, "later"), (gone, "later"),
    ]  # fmt: skip
    said = commands(
        [["replay", at, "--run", run, "--store", store, *more] for at, run, *more in replays]
    )
    assert [each.code for each in said] == [0, 2, 2, 0, 0, 0, 2], [each.err for each in said]
    why = (
        f"begins with another line of {NAME}, whose first {before:,} lines have been deleted from "
        "the spool or are before --from; choose another name with --run NAME"
    )
    assert {each.last for each in said[1:3]} == {f"seawall: run 'main' in this store {why}"}
    assert f"reading {NAME} from line {before + 1}\n" in said[3].err
    assert said[4].last == "already stored: run 'later' has all of these inputs"
    assert "run 'later' in this store begins with another line of" in said[6].last
    numbers = [row[3] for row in stored_rows(store, "later")["rejected"]]
    assert numbers == [n for n in range(100, len(lines) + 1, 100) if n > before]


def test_a_segment_that_goes_between_two_looks(tmp_path: Path, lines: list[bytes]) -> None:
    folder = spooled(tmp_path / "spool", lines)
    listing = scan_listing(folder, None, as_is)
    open_listed(listing).close()
    delete_first(folder)
    with pytest.raises(UsageError) as told:
        open_listed(listing)
    why = "a segment has been deleted since it was looked at: start again"
    assert str(told.value) == f"{folder}: {why}"
