"""Grid times, clocks, refused lines, progress of one connection."""

import random
from hashlib import sha256

import pytest

from schemas.control import Clock, Gap, Progress, Reason, Rejected, Seen
from schemas.errors import BrokenInvariant
from sources.connection import Connection
from tests.sources.connection_lines import BTC, ETH, HOLE, SECOND, at, brief
from tests.sources.talk import (
    GRID,
    MS,
    START,
    USDM,
    answer,
    as_is,
    connection,
    depth,
    exact,
    indexed,
    instrument,
    session_for,
    shown,
    taken,
    text,
    trade,
)

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
    with pytest.raises(BrokenInvariant, match=r"recovery data of 'c' \(version 3\) do not fit 'd'"):
        other.restore(state)
    with pytest.raises(BrokenInvariant, match="version 0"):
        connection().restore((0, *state[1:]))
