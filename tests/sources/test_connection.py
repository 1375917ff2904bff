"""Grid cuts, clocks, refused lines, control lines, holes, progress of one connection."""

import random
from hashlib import sha256
from typing import Any

import pytest

from schemas.chunk import Chunk
from schemas.control import Clock, End, Gap, Progress, Reason, Rejected, Seen
from schemas.errors import BrokenInvariant
from sources.connection import Connection
from tests.sources.talk import (
    GRID,
    MS,
    START,
    USDM,
    answer,
    as_is,
    connection,
    cut,
    depth,
    exact,
    indexed,
    instrument,
    session_for,
    shown,
    stamped,
    taken,
    text,
    trade,
)

BTC, ETH = "binance-usdm:BTCUSDT", "binance-usdm:ETHUSDT"
SECOND = 1000 * MS
HOLE = 60 * SECOND


def brief(out: list[tuple[str, Any]], key: str = BTC) -> list[Any]:
    """Items of one key: a chunk as (kind, lines), a clock as its number of grids since START."""
    said = cut([item for name, item in out if name == key])
    return [(i.kind, i.line.tolist()) if isinstance(i, Chunk)
            else ((i.grid_ns - START) / GRID, *["jump"] * i.jump) if isinstance(i, Clock)
            else i for i in said]  # fmt: skip


def at(*pairs: tuple[int, str]) -> Any:
    """Lines at ms since START."""
    return indexed(stamped((START + ms * MS, payload) for ms, payload in pairs))


# -- the grid ------------------------------------------------------------------------------------


def test_open_tells_what_is_listed_and_starts_at_the_floor() -> None:
    session = session_for(USDM, "c", as_is)
    session.list_instruments([instrument(USDM, "BTCUSDT", 1), instrument(USDM, "ETHUSDT", None)])
    made = Connection("c", session, grid_ns=GRID, hole_ns=HOLE, foreign=False)
    first = START + 3 * GRID + 5
    clock = Clock("c", START + 3 * GRID)
    empty = sha256(b"").hexdigest()[:32]
    assert made.open(first) == [
        ("c", Progress("c", START + 3 * GRID, 0, 0, empty)),
        (BTC, Seen(instrument(USDM, "BTCUSDT", 1), "c", first, 1, listed=True)), (BTC, clock),
        (ETH, Seen(instrument(USDM, "ETHUSDT", None), "c", first, 1, listed=True)), (ETH, clock),
    ]  # fmt: skip


def test_a_clock_comes_before_the_line_that_reaches_its_grid_time() -> None:
    made = connection(BTCUSDT=1)
    out = made.take(at((0, trade(1)), (249, trade(2)), (250, trade(3)), (251, trade(4)),
                       (500, trade(5)), (1300, trade(6))))  # fmt: skip
    assert brief(out) == [
        ("trade", [1, 2]), (1.0,), ("trade", [3, 4]), (2.0,), ("trade", [5]), (3.0,), (4.0,),
        (5.0,), ("trade", [6]),
    ]  # fmt: skip
    assert made.take(indexed(b"")) == []


def test_every_known_instrument_gets_every_clock_and_a_new_one_from_its_first_sight() -> None:
    made = connection(BTCUSDT=1)
    out = made.take(at((10, trade(1)), (600, trade(2, symbol="ETHUSDT")), (800, "{}")))
    seen = Seen(instrument(USDM, "ETHUSDT", 1), "c", START + 600 * MS, 2, listed=False)
    assert brief(out) == [("trade", [1]), (1.0,), (2.0,), (3.0,)]
    assert brief(out, ETH) == [seen, ("trade", [2]), (3.0,)]
    assert brief(made.take(at((1000, "{}"))), ETH) == [(4.0,)]


@pytest.mark.parametrize("grid", [100 * MS, 250 * MS, SECOND, 5 * SECOND])
@pytest.mark.parametrize("size", [1, 5, 400])
def test_rows_before_a_grid_time_come_before_its_clock(grid: int, size: int) -> None:
    chance = random.Random(1)
    times = sorted(chance.randrange(0, 9_000) for _ in range(400))
    lines = at(*((ms, trade(k, symbol=chance.choice(["BTCUSDT", "ETHUSDT"])))
                 for k, ms in enumerate(times)))  # fmt: skip
    out = taken(connection(grid=grid, BTCUSDT=1, ETHUSDT=1), lines, size)
    counts: dict[str, int] = {}
    for key in (BTC, ETH):
        last, stamps = START, []
        for item in (item for name, item in out if name == key):
            if isinstance(item, Clock):
                assert (item.grid_ns, item.jump) == (last + grid, False)
                last = item.grid_ns
            else:
                assert last <= item.received_ns[0]  # whatever is older came before the clock
                stamps += item.received_ns.tolist()
        assert stamps == sorted(stamps)
        counts[key] = len(stamps)
        assert last == (START + times[-1] * MS) // grid * grid
    assert sum(counts.values()) == len(times)


# -- refused lines -------------------------------------------------------------------------------


def test_a_stamp_that_goes_back() -> None:
    made = connection(BTCUSDT=1)
    made.take(at((0, answer(15)), (1, depth(11, 20, 9))))
    out = made.take(at((600, trade(1)), (599, trade(2)), (300, depth(22, 30, 20)), (610, trade(3)),
                       (610, depth(33, 40, 30))))  # fmt: skip
    clock = f"the clock of c already stood at {START + 600 * MS}"
    assert brief(out) == [
        (1.0,), (2.0,), Gap(BTC, "c", START + 600 * MS, 3, "time_back"), ("trade", [1, 4]),
    ]  # fmt: skip
    assert brief(out, "c") == [
        Rejected("c", 2, START + 600 * MS, START + 599 * MS, Reason.time_back, clock, trade(2)),
        Rejected("c", 3, START + 600 * MS, START + 300 * MS, Reason.time_back, clock,
                 depth(22, 30, 20)),
    ]  # fmt: skip
    assert (made.counts["rejected"], made.counts["gaps"], made.last_ns) == (2, 1, START + 610 * MS)
    assert [wish.reason for wish in made.wishes] == ["time_back"]


def test_bad_lines() -> None:
    made = connection(BTCUSDT=1)
    data = text(trade(1)) + b"\nrubbish\n12\n" + text(trade(2), start=START + GRID) + b"\xff\xfe\n"
    out = made.take(indexed(data))
    why = "no stamp, or nothing after it"
    assert brief(out, "c") == [
        Rejected("c", line, at_ns, None, Reason.bad_line, why, frame)
        for line, at_ns, frame in ((2, START, ""), (3, START, "rubbish"), (4, START, "12"),
                                   (6, START + GRID, "\ufffd\ufffd"))
    ]  # fmt: skip
    assert brief(out) == [("trade", [1]), (1.0,), ("trade", [5])]
    assert (made.lines_done, made.bytes_done) == (6, len(data))


def test_refused_frames_are_told_in_line_order() -> None:
    out = connection(BTCUSDT=1).take(indexed(text("{", trade(1), trade(2, "0")) + b"x\n"))
    assert [(item.line, str(item.reason)) for item in brief(out, "c")] == [
        (1, "not_json"), (3, "bad_price"), (4, "bad_line"),
    ]  # fmt: skip


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


# -- progress ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 64, 1000])
def test_progress_once_a_minute_with_the_hash_of_all_before(size: int) -> None:
    minute = 60 * SECOND
    begin = START // minute * minute + 59 * SECOND
    stamps = [begin + k * 10 * SECOND + 7 for k in range(40)]
    stamps += [stamps[-1] + 5 * minute, stamps[-1] + 5 * minute + 1]
    rows = [b"%d %s\n" % (ns, trade(k).encode()) for k, ns in enumerate(stamps)]
    rows.insert(7, b"bad\n")
    rows.insert(13, b'%d !{"k":"clock"}\n' % stamps[11])
    made = connection(BTCUSDT=1)
    made.open(begin)
    out = taken(made, indexed(b"".join(rows)), size)
    expected, clock = [], begin
    for k, line in enumerate(rows):
        ns = int(line.split()[0]) if line[:1].isdigit() else clock
        if k and ns // minute > clock // minute:
            prefix = b"".join(rows[:k])
            digest = sha256(prefix).hexdigest()[:32]
            expected.append(Progress("c", ns // minute * minute, k, len(prefix), digest))
        clock = ns
    assert [item for _, item in out if isinstance(item, Progress)] == expected
    assert len(expected) > 5
    whole = b"".join(rows)
    digest = sha256(whole).hexdigest()[:32]
    assert made.progress(5) == Progress("c", 5, len(rows), len(whole), digest)


def test_the_plain_items_are_the_ones_of_the_session() -> None:
    made = connection(BTCUSDT=1)
    ((_, chunk),) = made.take(at((0, trade(1)), (1, trade(2))))
    other = connection(BTCUSDT=1).session
    lines = at((0, trade(1)), (1, trade(2)))
    (same,) = other.lines(lines, lines.received_ns, lines.kind[:0] > 0)
    assert (exact(chunk), shown(chunk)) == (exact(same), shown(same))


def test_a_state_of_another_connection_or_version_is_refused() -> None:
    state = connection(BTCUSDT=1).snapshot()
    other = Connection("d", session_for(USDM, "d", as_is), grid_ns=GRID, hole_ns=HOLE, foreign=True)
    with pytest.raises(BrokenInvariant, match=r"recovery data of 'c' \(version 1\) do not fit 'd'"):
        other.restore(state)
    with pytest.raises(BrokenInvariant, match="version 0"):
        connection().restore((0, *state[1:]))
