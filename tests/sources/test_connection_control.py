"""Control lines and holes of one connection: what is lost, and where the grid jumps."""

from typing import Any

import pytest

from schemas.control import End, Gap, Reason, Rejected
from sources.connection import Connection
from tests.sources.connection_lines import BTC, ETH, SECOND, at, brief
from tests.sources.talk import (
    GRID,
    MS,
    START,
    answer,
    connection,
    depth,
    indexed,
    stamped,
    taken,
    text,
    trade,
)

# -- control lines -------------------------------------------------------------------------------


def booked(**decimals: int) -> Connection:
    """A connection that knows a book of BTCUSDT; three lines done, the clock at 2 ms."""
    made = connection(**({"BTCUSDT": 1} | decimals))
    made.take(indexed(text(answer(15), depth(11, 20, 9), trade(1))))
    return made


def following(ms: int, payload: str) -> Any:
    return indexed(stamped([(START + ms * MS, payload)]), first_line=4)


def test_start_jumps() -> None:
    made = booked(ETHUSDT=2)
    out = made.take(following(3_600_010, '!{"k":"start"}'))
    grid = START + 3_600 * SECOND
    for key in (BTC, ETH):
        assert brief(out, key) == [Gap(key, "c", grid - 1, 4, "start"), (14400.0, "jump")]
    assert [wish.reason for wish in made.wishes] == ["start"]
    read = len(text(answer(15), depth(11, 20, 9), trade(1)))
    stopped = brief(out, "c")[0]  # where the run was when it stopped
    assert (stopped.at_ns, stopped.lines, stopped.bytes) == (START + 2 * MS + 1000, 3, read)
    assert brief(made.take(indexed(text(trade(2), start=grid + GRID)))) == [
        (14401.0,),
        ("trade", [1]),
    ]


def test_start_within_the_grid_interval_is_a_gap_only() -> None:
    out = booked().take(following(3, '!{"k":"start"}'))
    assert brief(out) == [Gap(BTC, "c", START + 3 * MS, 4, "start")]


@pytest.mark.parametrize(("word", "reason"), [("close", "reconnect"), ("overflow", "overflow")])
def test_losses(word: str, reason: str) -> None:
    made = booked(ETHUSDT=2)
    out = made.take(following(600, f'!{{"k":"{word}"}}'))
    for key in (BTC, ETH):
        assert brief(out, key) == [(1.0,), (2.0,), Gap(key, "c", START + 600 * MS, 4, reason)]
    assert [(wish.instrument, wish.reason) for wish in made.wishes] == [(BTC, reason)]
    assert (made.counts["gaps"], made.counts["wishes"]) == (2, 1)


@pytest.mark.parametrize("word", ["clock", "recording", "open", "params", "input", "other"])
def test_lines_that_only_move_the_clock(word: str) -> None:
    made = booked()
    assert brief(made.take(following(600, f'!{{"k":"{word}","more":[1]}}'))) == [(1.0,), (2.0,)]
    assert made.counts["unknown control:other"] == (word == "other")
    assert brief(made.take(indexed(text(depth(22, 30, 20), start=START + 601 * MS), 5))) == [
        ("book", [5])
    ]


def test_end() -> None:
    made = booked(ETHUSDT=2)
    out = made.take(following(300, '!{"k":"end"}'))
    for key in (BTC, ETH):
        assert brief(out, key) == [(1.0,), End("c")]
    assert made.end() == [(BTC, End("c")), (ETH, End("c"))]


def test_a_wish_from_elsewhere_loses_one_book() -> None:
    made = booked(ETHUSDT=2)
    out = made.take(following(3, f'!{{"k":"wish","instrument":"{BTC}"}}'))
    assert out == [(BTC, Gap(BTC, "c", START + 3 * MS, 4, "book_mismatch"))]
    assert [(wish.instrument, wish.reason) for wish in made.wishes] == [(BTC, "book_mismatch")]


@pytest.mark.parametrize(
    "more", ["", ',"instrument":"binance-spot:BTCUSDT"', ',"instrument":"binance-usdm:NEW"']
)
def test_a_wish_for_nobody_we_know_is_counted(more: str) -> None:
    made = booked()
    assert made.take(following(3, f'!{{"k":"wish"{more}}}')) == []
    assert (made.counts["unknown control:wish"], made.wishes) == (1, [])


@pytest.mark.parametrize(
    ("payload", "detail"),
    [("!", "Input data was truncated"), ('!{"k":1}', "Expected `str`, got `int` - at `$.k`"),
     ("!{}", "Object missing required field `k`"),
     ("!" + "[" * 9, "Expected `object`, got `array`")],
)  # fmt: skip
def test_a_control_line_that_is_none(payload: str, detail: str) -> None:
    made = booked()
    out = made.take(following(300, payload))
    stamp = START + 300 * MS
    assert brief(out, "c") == [Rejected("c", 4, stamp, stamp, Reason.bad_control, detail, payload)]
    assert brief(out) == [(1.0,)]


def test_a_control_line_whose_stamp_goes_back_does_nothing() -> None:
    made = booked()
    (entry,) = made.take(following(1, '!{"k":"close"}'))
    assert (entry[0], entry[1].reason, entry[1].at_ns) == ("c", "time_back", START + 2 * MS)
    assert made.last_ns == START + 2 * MS


# -- holes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_hole_in_a_foreign_file_is_one_jump(size: int) -> None:
    made = connection(foreign=True, BTCUSDT=1)
    lines = at((0, trade(1)), (60_100, trade(2)), (60_200, trade(3)))
    grid = START + 240 * GRID
    assert brief(taken(made, lines, size)) == [
        ("trade", [1]), Gap(BTC, "c", grid - 1, 2, "hole"), (240.0, "jump"),
        *([("trade", [2, 3])] if size > 2 else [("trade", [2]), ("trade", [3])]),
    ]  # fmt: skip


def test_just_a_minute_is_no_hole_and_our_own_recordings_have_none() -> None:
    for foreign, ms in ((True, 60_000), (False, 600_000)):
        out = brief(connection(foreign=foreign, BTCUSDT=1).take(at((0, trade(1)), (ms, trade(2)))))
        clocks = [(float(k),) for k in range(1, ms // 250 + 1)]
        assert out == [("trade", [1]), *clocks, ("trade", [2])]


def test_a_hole_loses_the_book() -> None:
    made = connection(foreign=True, BTCUSDT=1)
    out = made.take(at((0, answer(15)), (1, depth(11, 20, 9)), (70_000, depth(22, 30, 20))))
    assert [item for item in brief(out) if isinstance(item, tuple) and item[0] == "book"] == [
        ("book", [2, 2, 2])
    ]
    assert [wish.reason for wish in made.wishes] == ["hole"]
