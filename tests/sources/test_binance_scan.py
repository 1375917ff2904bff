"""The scanner says bit for bit what the typed decoder says, on every recorded and on any frame."""

import gzip
import random
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.binance_scan import AGG_TRADE as AGG
from sources.binance_scan import (
    DEPTH,
    HANDED_BACK,
    MARK,
    OTHER_PRODUCT,
    TOP,
    TRADE,
    numbers_plain,
    scan,
    scan_plain,
    signed_plain,
)
from sources.lines import FRAME
from tests.shared import shared_file
from tests.sources.talk import (
    CAPTURES,
    NONE,
    SPOT,
    USDM,
    depth,
    exact,
    hear,
    indexed,
    no_scanner,
    parted,
    session,
    text,
    ticker,
    trade,
    venue_of,
    wire,
)
from tests.sources.wire_frames import payloads


def both(venue: str, data: bytes, size: int = 2048, **decimals: int) -> list[list[Any]]:
    """Items, counts and state: with the scanner, and with everything through the slow decoder."""
    said = []
    for scanned in (True, False):
        made = session(venue, **decimals)
        items = []
        for part in parted(indexed(data), size):
            if scanned:
                items += made.lines(part, part.received_ns, NONE)
            else:
                with no_scanner():
                    items += made.lines(part, part.received_ns, NONE)
        said.append([list(map(exact, items)), +made.counts, made.snapshot()])
    return said


@pytest.mark.parametrize("path", CAPTURES)
def test_every_recorded_frame(path: str) -> None:
    data = gzip.decompress(shared_file(path).read_bytes())
    fast, slow = both(venue_of(path), data)
    assert fast == slow


@pytest.mark.parametrize("path", CAPTURES)
def test_the_scanner_takes_every_recorded_frame_but_extraordinary_fills(path: str) -> None:
    data = gzip.decompress(shared_file(path).read_bytes())
    lines, other = indexed(data), data.count(b'"X":"') - data.count(b'"X":"MARKET"')
    with patch("sources.binance.read_frame") as slow:
        session(venue_of(path), BTCUSDT=8).lines(lines, lines.received_ns, NONE)
    assert slow.call_count == other < 2


USUAL = (
    depth(1, 9, 0), ticker(5), trade(1), trade(1, kind="aggTrade"), depth(1, 9, symbol="ETHUSDT"),
)  # fmt: skip
KNOWN = {"BTCUSDT": 2, "ETHUSDT": 4, "币安人生USDT": 5}


@given(st.lists(payloads(), min_size=1, max_size=6), st.sampled_from([USDM, SPOT]))
@settings(max_examples=400, deadline=None)
def test_any_frame(said: list[str], venue: str) -> None:
    fast, slow = both(venue, text(*USUAL, *said, *USUAL), size=64, **KNOWN)
    assert fast == slow


def test_frames_with_a_few_bytes_changed() -> None:
    frames = [
        '{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1,'
        '"s":"BTCUSDT","U":12,"u":15,"pu":7,"b":[["587.20","0"],["1.05","2"]],"a":[["7.00","1"]],'
        '"st":1,"ps":"BTCUSDT"}}',
        wire({"u": 4, "s": "BTCUSDT", "b": "1.00", "B": "4", "a": "2.01", "A": "1.3", "E": 12}),
        wire({"e": "trade", "E": 5, "T": 2, "s": "BTCUSDT", "t": 9, "p": "1.10", "q": "0.002",
              "X": "MARKET", "m": True, "M": False, "st": 1}),
        '{"stream":"x","data":{"e":"markPriceUpdate","E":17,"s":"BTCUSDT","p":"649.37858696",'
        '"ap":"6.3","P":"6.0","i":"65016.05673913","r":"-0.00003936","T":1786176000000,"st":2}}',
    ]  # fmt: skip
    chance = random.Random(5)
    letters = [chr(c) for c in range(32, 127)] + ["\t", "\x00", "é"]
    lines = []
    for _ in range(12_000):
        frame = chance.choice(frames)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(frame))
            new = chance.choice(["", chance.choice(letters), frame[at] * 2, frame[:at][-1:]])
            frame = frame[:at] + new + frame[at + chance.randrange(2) :]
        lines.append(frame)
    for line in lines:
        fast, slow = both(USDM, text(line), BTCUSDT=2)
        assert fast == slow, line


SAMPLES = (
    *USUAL, depth(1, 2, 3, bids=[("0.001", "1")]), depth(1, 2, bids=[("1.00", "1")], asks=[]),
    ticker(10**18), trade(3, "1e2"), trade(4, symbol="?"), '{"e":"kline"}', "", "x" * 40,
    '{"stream":"abc","data":' + trade(8) + "}", '{"stream":"a\\"b","data":' + trade(8) + "}",
    wire({"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "1.5", "i": "2", "r": "", "T": 3}),
    wire({"e": "markPriceUpdate", "s": "BTCUSDT", "p": "1", "i": "2", "r": "-0.5", "T": 3}),
    wire({"e": "markPriceUpdate", "s": "BTCUSDT", "p": "1", "i": "2", "r": "0", "T": 3, "st": 2}),
)  # fmt: skip


def test_the_kernel_is_its_plain_version() -> None:
    outs: list[list[Any]] = []

    def twice(*args: Any) -> None:
        for kernel in (scan_plain, scan):
            copies = [np.zeros_like(a) for a in args[10:]]
            kernel(*args[:10], *copies)
            outs.append([copy.tolist() for copy in copies])
        scan(*args)

    with patch("sources.binance_columns.scan", twice):
        hear(session(BTCUSDT=2, ETHUSDT=1), text(*SAMPLES))
    plain, compiled = outs
    assert repr(plain) == repr(compiled)  # NaN is no equal of itself
    b, e = HANDED_BACK, DEPTH
    assert plain[0] == [
        e, TOP, TRADE, AGG, e, b, e, b, b, b, b, b, b, TRADE, b, MARK, MARK, OTHER_PRODUCT,
    ]  # fmt: skip


def test_small_kernels_are_their_plain_versions() -> None:
    buffer = np.frombuffer(b"-1.50", np.uint8)
    assert signed_plain(buffer, 0, 5) == (-1.5, True)
    assert signed_plain(buffer, 1, 5) == (1.5, True)
    assert signed_plain(buffer, 0, 1)[1] is False
    assert repr(signed_plain(buffer, 2, 2)) == "(nan, True)"
    out = np.zeros((2, 1))
    assert numbers_plain(buffer, np.array([1, 4]), np.array([5, 5]), np.array([0, 1]), out, 0)
    assert out.tolist() == [[1.5], [0.0]]
    assert not numbers_plain(buffer, np.array([0]), np.array([5]), np.array([0]), out, 0)


def test_prices_beyond_2_to_the_53_ticks_are_refused_not_wrapped() -> None:
    lines = text(depth(1, 2, bids=[("9007199254740991", "1")]), trade(1, "9007199254740991"))
    fast, slow = both(USDM, lines, BTCUSDT=15)
    assert fast == slow
    assert [type(item).__name__ for item in fast[0]] == ["Rejected", "tuple"]
    absurd = both(USDM, text(depth(1, 2, bids=[("50000.5", "1")])), BTCUSDT=30)
    assert absurd[0] == absurd[1]
    assert [item.reason for item in absurd[0][0]] == ["bad_price"]


def test_lines_that_are_no_frames_are_left_alone() -> None:
    lines = indexed(text('!{"k":"clock"}', trade(1)))
    assert lines.kind.tolist() == [2, FRAME]
    items = session(BTCUSDT=1).lines(lines, lines.received_ns, NONE)
    assert [(item.kind, item.line.tolist()) for item in items] == [("trade", [2])]
