"""Nothing a connection says depends on how many lines it takes, or on being stored between."""

import gzip
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.control import Clock, End, Gap, Reason, Rejected
from schemas.instrument import Instrument
from sources.connection import Connection
from sources.registry import session_for
from tests.shared import shared_file
from tests.sources.connection_lines import HOLE, SECOND
from tests.sources.talk import (
    CAPTURES,
    GRID,
    MS,
    SPOT,
    START,
    USDM,
    answer,
    as_is,
    depth,
    indexed,
    instrument,
    joined,
    stamped,
    taken,
    ticker,
    trade,
    venue_of,
)


def beginning(path: Path, count: int = 3_000) -> bytes:
    with gzip.open(path) as file:
        return b"".join(line for line, _ in zip(file, range(count), strict=False))


def fresh(venue: str, first_ns: int, listed: tuple[Instrument, ...] = ()) -> Connection:
    session = session_for(venue, "c", as_is)
    session.list_instruments(listed)
    made = Connection("c", session, grid_ns=GRID, hole_ns=HOLE, foreign=True)
    made.open(first_ns)
    return made


def summary(made: Connection, out: list[tuple[str, Any]]) -> list[Any]:
    wishes = sorted(made.wishes, key=lambda wish: wish.instrument)  # each instrument's in order
    return [joined(out), made.snapshot(), made.progress(0), wishes, +made.counts,
            +made.session.counts]  # fmt: skip


def everything(venue: str, data: bytes, size: int, listed: tuple[Instrument, ...] = ()) -> Any:
    lines = indexed(data)
    made = fresh(venue, int(lines.received_ns[0]), listed)
    return summary(made, taken(made, lines, size))


@pytest.mark.parametrize("path", CAPTURES)
@pytest.mark.parametrize("known", [True, False])
def test_recordings_whatever_the_batch_size(path: str, known: bool) -> None:
    venue, data = venue_of(path), beginning(shared_file(path))
    listed = (instrument(venue, "BTCUSDT", 8 if venue == SPOT else 2),) if known else ()
    whole = everything(venue, data, 10**6, listed)
    for size in (1, 7, 64):
        assert everything(venue, data, size, listed) == whole


@pytest.mark.parametrize("path", CAPTURES)
def test_recordings_continued_at_any_line(path: str) -> None:
    venue, data = venue_of(path), beginning(shared_file(path))
    whole = everything(venue, data, 1000)
    for seed in range(4):
        assert continued(venue, data, random.Random(seed), cuts=5) == whole[:3]


def continued(venue: str, data: bytes, chance: random.Random, cuts: int) -> list[Any]:
    """The same through connections that are stored and restored at random lines."""
    lines = indexed(data)
    made = fresh(venue, int(lines.received_ns[0]))
    out: list[tuple[str, Any]] = []
    places = sorted(chance.sample(range(1, len(lines)), min(cuts, len(lines) - 1)))
    for begin, end in zip([0, *places], [*places, len(lines)], strict=True):
        out += taken(made, lines.part(begin, end), chance.choice([1, 5, 300]))
        state = pickle.loads(pickle.dumps(made.snapshot()))
        made = Connection("c", session_for(venue, "c", as_is), grid_ns=GRID, hole_ns=HOLE,
                          foreign=True)  # fmt: skip
        made.restore(state)
        made.digest.update(data[: made.bytes_done])
    return summary(made, out)[:3]


KINDS = (
    *["depth"] * 6, *["control"] * 2, "skip", "double", "snapshot", "trade", "agg", "top", "bad",
    "odd", "back", "hole", "forced",
)  # fmt: skip
WORDS = ("start", "close", "overflow", "clock", "end", "wish", "")


@st.composite
def recordings(draw: Any) -> bytes:
    """Two symbols with gaps, doubles, holes, snapshots, control lines and refused lines."""
    ids = {"BTCUSDT": 10, "ETHUSDT": 10}
    now = START + draw(st.integers(0, 10**9))
    rows = [stamped([(now, draw(st.sampled_from(['{"result":null}', '!{"k":"recording"}'])))])]
    for number in range(draw(st.integers(5, 60))):
        symbol, kind = draw(st.sampled_from(sorted(ids))), draw(st.sampled_from(KINDS))
        first = ids[symbol]
        now += draw(st.sampled_from([0, 1, 10 * MS, 90 * MS, 300 * MS, 2 * SECOND]))
        now += 70 * SECOND * (kind == "hole")
        stamp = now - draw(st.integers(1, 10**9)) * (kind == "back")
        px = draw(st.sampled_from(["100.5", "99.0", "1e2"]))
        if kind in ("depth", "skip", "hole", "back"):
            previous = first - 1 + 3 * (kind == "skip")
            payload = depth(first, first + 4, previous, [(px, "1")], (), symbol)
            ids[symbol] = first + 5
        elif kind == "control":
            word = draw(st.sampled_from(WORDS))
            payload = f'!{{"k":"{word}","instrument":"binance-usdm:{symbol}"}}'
        elif kind == "forced":
            order = f'{{"s":"{symbol}","S":"BUY","ap":"{px}","z":"1"}}'
            payload = f'{{"e":"forceOrder","E":1,"o":{order}}}'
        else:
            payload = {
                "double": depth(first - 5, first - 1, first - 6, symbol=symbol),
                "snapshot": answer(first + draw(st.integers(-8, 3)), symbol=symbol),
                "trade": trade(number, px, symbol=symbol),
                "agg": trade(number, px, kind="aggTrade", symbol=symbol),
                "top": ticker(number, px, symbol),
                "odd": '{"e":"kline","o":"1"}',
                "bad": "{",
            }[kind]
        no_stamp = kind == "bad" and first % 2 == 1
        rows.append(b"nothing\n" if no_stamp else stamped([(stamp, payload)]))
    return b"".join(rows)


@given(recordings(), st.integers(2, 30), st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_any_recording_whatever_the_batch_size(data: bytes, size: int, chance: Any) -> None:
    whole = everything(USDM, data, 10**6)
    assert everything(USDM, data, 1) == whole
    assert everything(USDM, data, size) == whole
    assert continued(USDM, data, chance, cuts=3) == whole[:3]


def test_a_stamp_far_ahead_in_our_own_recording_jumps_instead_of_ticking_for_hours() -> None:
    session = session_for(USDM, "c", as_is)
    session.list_instruments((instrument(USDM, "BTCUSDT", 2),))
    made = Connection("c", session, grid_ns=SECOND, hole_ns=HOLE, foreign=False)
    (name,) = session.instruments()
    made.open(START)
    near, far = START + 3 * SECOND, START + 7_200 * SECOND
    clocks = [(name, Clock("c", START + k * SECOND)) for k in (1, 2, 3)]
    assert made.take(indexed(stamped([(near, '!{"k":"clock"}')]))) == clocks
    out = made.take(indexed(stamped([(far, '!{"k":"clock"}')])))
    told = [item for key, item in out if key == name]
    assert told == [Gap(name, "c", far - 1, 1, "hole"), Clock("c", far, jump=True)]


def test_lines_after_an_end_line_are_rejected() -> None:
    made = fresh(USDM, START, (instrument(USDM, "BTCUSDT", 2),))
    made.open(START)
    data = stamped([
        (START + MS, '!{"k":"end"}'),
        (START + SECOND, ticker(1)),
        (START + 2 * SECOND, '!{"k":"clock"}'),
    ])  # fmt: skip
    out = made.take(indexed(data))
    (name,) = made.known
    assert (name, End("c")) in out
    rejected = [item for _, item in out if isinstance(item, Rejected)]
    assert [(r.line, r.reason, r.stamp_ns) for r in rejected] == [
        (2, Reason.after_end, START + SECOND),
        (3, Reason.after_end, START + 2 * SECOND),
    ]
    assert [item for _, item in out if isinstance(item, Clock)] == []
