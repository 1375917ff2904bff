"""The run guard: the same input, a longer one, another one; with and without a recovery folder."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flows.run_guard import Stored, one_name_each, stored_inputs
from flows.wiring import Wiring
from schemas.errors import RunConflict, UsageError
from sources.listing import Listing
from sources.simulator.recording import write_recording
from tests.flows.excerpt import raw_lines, write_lines
from tests.flows.killed import stored_rows
from tests.flows.several import commands

NAME = "binance-usdm__a.gz"
LINES = [b"100 {}\n", b"200 {}\n", b"300 {}\n"]


class Answer(NamedTuple):
    rows: Sequence[tuple[Any, ...]]


class Runs:
    """A store that has these rows of `runs`."""

    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self.rows = rows

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Answer:
        assert params == {"run": "main"}
        return Answer(self.rows)


def listing(path: Path) -> Listing:
    return Listing(
        path=str(path),
        connection=path.name.removesuffix(".gz"),
        venue="binance-usdm",
        foreign=True,
        first_ns=100,
        first_line=raw_lines(path)[0],
        instruments=(),
        single_fills=(),
        turnover_usd={},
    )


def wiring(*paths: Path, settings: str = "5e77") -> Wiring:
    return Wiring(tuple(map(listing, paths)), {}, (), settings, "0.1.0", {})


def row(
    name: str, done: Sequence[bytes], settings: str = "5e77", first: bytes = LINES[0]
) -> tuple[Any, ...]:
    """The latest row of an input of which some lines are done."""
    text = b"".join(done)
    first_line = blake2b(first, digest_size=16).hexdigest()
    return name, first_line, len(done), len(text), sha256(text).hexdigest()[:32], settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_lines(LINES, tmp_path / NAME)


def test_a_new_run(path: Path) -> None:
    assert stored_inputs(Runs(), "main", wiring(path)) == Stored()


@pytest.mark.parametrize("done", [0, 1, 2, 3])
def test_how_far_an_input_is_stored(done: int, path: Path) -> None:
    stored = stored_inputs(Runs(row("binance-usdm__a", LINES[:done])), "main", wiring(path))
    assert stored == Stored(lines=done, whole=done == 3)


def test_two_inputs_are_whole_together(path: Path, tmp_path: Path) -> None:
    other = write_lines(LINES, tmp_path / "b.gz")
    for done in (2, 3):
        rows = Runs(row("binance-usdm__a", LINES), row("b", LINES[:done]))
        stored = stored_inputs(rows, "main", wiring(path, other))
        assert stored == Stored(lines=3 + done, whole=done == 3)


def test_what_follows_may_be_no_whole_line(path: Path) -> None:
    write_lines([*LINES, b'400 {"e":'], path)
    stored = stored_inputs(Runs(row("binance-usdm__a", LINES)), "main", wiring(path))
    why = f"{path}: ends in the middle of line 4, which is left unread (read to line 3)"
    assert stored == Stored(lines=3, whole=True, problems=[why])


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        (row("b", LINES), "was made from another input (b)"),
        (row("binance-usdm__a", LINES, "07"), "was made with other settings"),
        (
            row("binance-usdm__a", LINES, first=b"1 {}\n"),
            "was made from another recording named binance-usdm__a",
        ),
        (
            row("binance-usdm__a", [LINES[0], b"250 {}\n"]),
            "was made from another recording named binance-usdm__a",
        ),
        (
            row("binance-usdm__a", [*LINES, b"400 {}\n"]),
            "was made from another recording named binance-usdm__a",
        ),
    ],
)
def test_conflicts(stored: tuple[Any, ...], why: str, path: Path) -> None:
    with pytest.raises(RunConflict) as raised:
        stored_inputs(Runs(stored), "main", wiring(path))
    advice = "choose another name with --run NAME"
    assert str(raised.value) == f"run 'main' in this store {why}; {advice}"


def test_an_input_more(path: Path, tmp_path: Path) -> None:
    other = write_lines(LINES, tmp_path / "b.gz")
    with pytest.raises(RunConflict, match="was made without b; choose another name with --run"):
        stored_inputs(Runs(row("binance-usdm__a", LINES)), "main", wiring(path, other))


def test_two_of_one_name(path: Path, tmp_path: Path) -> None:
    one_name_each(wiring(path))
    other = write_lines(LINES, tmp_path / "other" / NAME)
    with pytest.raises(UsageError, match="two inputs are named binance-usdm__a"):
        one_name_each(wiring(path, other))


def test_a_recording_that_grows(tmp_path: Path) -> None:
    """Short, again, longer, whole; with a recovery folder, without, and a fresh replay."""
    whole = tmp_path / "whole" / NAME
    whole.parent.mkdir()
    write_recording(whole, minutes=0.2)
    lines = raw_lines(whole)
    cuts = (len(lines) // 3, len(lines) // 3 * 2)
    parts = [write_lines(lines[:cut], tmp_path / str(cut) / NAME) for cut in cuts]
    other = write_lines([lines[0], *lines[2:]], tmp_path / "other" / NAME)
    renamed = write_lines(lines, tmp_path / "binance-usdm__b.gz")

    def into(store: str, path: Path, *more: object) -> list[object]:
        return ["replay", path, "--store", f"chdb://{tmp_path / store}", *more]

    state = ("--state", tmp_path / "state")
    grown = [(path, code) for path in (parts[0], parts[0], *parts[1:], whole) for code in (0,)]
    said = commands(
        [
            *(into("with", path, *state) for path, _ in grown),
            *(into("without", path) for path, _ in grown),
            into("fresh", whole),
            into("fresh", parts[1]),  # a beginning of what is there
            into("fresh", other),
            into("fresh", renamed),
            into("fresh", whole, "--grid", "1s"),
            into("fresh", whole, renamed),
            into("fresh", whole, "--grid", "1s", "--run", "coarse"),
        ]
    )
    codes = [each.code for each in said]
    assert codes == [0] * 9 + [2] * 5 + [0], [each.err for each in said]
    for each in (said[1], said[5]):
        assert each.last == "already stored: run 'main' has all of these inputs"
    begun = [f"reading binance-usdm__a from line {cut + 1}" for cut in (0, *cuts)]
    assert [
        line for each in said[:4] for line in each.err.splitlines() if "reading" in line
    ] == begun
    again = [begun[0]] * 3
    assert [
        line for each in said[4:8] for line in each.err.splitlines() if "reading" in line
    ] == again
    advice = "choose another name with --run NAME"
    assert [each.last for each in said[9:14]] == [
        f"seawall: run 'main' in this store {why}; {advice}"
        for why in (
            "was made from another recording named binance-usdm__a",
            "was made from another recording named binance-usdm__a",
            "was made from another input (binance-usdm__a)",
            "was made with other settings",
            "was made without binance-usdm__b",
        )
    ]
    fresh, with_state, without = (
        stored_rows(f"chdb://{tmp_path / name}") for name in ("fresh", "with", "without")
    )
    assert with_state == without
    runs = fresh.pop("runs")
    grown_runs = with_state.pop("runs")
    assert with_state == fresh
    # `runs` has, more than a fresh replay, one row for each end there has been.
    assert [each for each in grown_runs if each[4] not in cuts] == runs
    assert [each[4] for each in grown_runs] == sorted([0, *cuts, len(lines)])
