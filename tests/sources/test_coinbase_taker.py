"""Whose side `side` is: the measure, its verdicts, and what the recording says."""

from itertools import groupby
from typing import Any

import numpy as np
import pytest

from sources.coinbase_assumed import CoinbaseAssumed
from tests.sources.taker_calibration import Calibration, calibrate
from tests.sources.talk import chunks, indexed
from tests.sources.test_coinbase_recording import BTC, ETH, SCALE, heard, plain, recorded

SIDE_IS_MAKER = CoinbaseAssumed().side_is_maker
QUOTES = (np.array([10, 20]), np.array([99.0, 100.0]), np.array([101.0, 100.5]))


def one(at_ns: int, px: float, side: int) -> Calibration:
    return calibrate(*QUOTES, np.array([at_ns]), np.array([px]), np.array([side]))


@pytest.mark.parametrize(
    ("at_ns", "px", "side", "expected"),
    [
        (15, 101.0, -1, Calibration(1, 0, 0, 0)),  # SELL at the ask: the maker sold
        (15, 102.0, -1, Calibration(1, 0, 0, 0)),
        (15, 101.0, 1, Calibration(0, 1, 0, 0)),
        (15, 99.0, 1, Calibration(1, 0, 0, 0)),
        (15, 98.0, -1, Calibration(0, 1, 0, 0)),
        (15, 100.0, 1, Calibration(0, 0, 1, 0)),
        (20, 100.5, 1, Calibration(0, 0, 1, 0)),  # the prices of that very time come after it
        (21, 100.5, 1, Calibration(0, 1, 0, 0)),
        (10, 101.0, 1, Calibration(0, 0, 0, 1)),
        (11, 101.0, 1, Calibration(0, 1, 0, 0)),
    ],
)
def test_one_trade(at_ns: int, px: float, side: int, expected: Calibration) -> None:
    assert one(at_ns, px, side) == expected


def test_locked_prices_decide_nothing() -> None:
    locked = np.array([10]), np.array([100.0]), np.array([100.0])
    found = calibrate(*locked, np.array([15]), np.array([100.0]), np.array([1]))
    assert found == Calibration(0, 0, 1, 0)


def test_many_trades_and_none() -> None:
    times, px = np.array([5, 15, 25, 25]), np.array([1.0, 101.0, 100.0, 100.2])
    found = calibrate(*QUOTES, times, px, np.array([1, 1, 1, 1]))
    assert found == Calibration(maker=1, taker=1, between=1, unquoted=1)
    nothing = np.array([])
    assert calibrate(nothing, nothing, nothing, times, px, px) == Calibration(0, 0, 0, 4)
    assert calibrate(*QUOTES, nothing, nothing, nothing) == Calibration(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("maker", "taker", "verdict"),
    [
        (30, 0, True), (0, 30, False), (29, 0, None), (27, 3, True), (26, 4, None), (15, 15, None),
        (3, 27, False), (0, 0, None),
    ],
)  # fmt: skip
def test_verdicts(maker: int, taker: int, verdict: bool | None) -> None:
    assert Calibration(maker, taker, 500, 500).side_is_maker is verdict


def added(found: list[Calibration]) -> Calibration:
    """All products together."""
    fields = Calibration.__struct_fields__
    return Calibration(*(sum(getattr(each, name) for each in found) for name in fields))


def words(name: str) -> tuple[Any, Any, Any]:
    """Times, prices and words of the new trades of a product; our rows have the taker."""
    rows = plain().rows[name, "trade"]
    said = -1 if SIDE_IS_MAKER else 1
    return tuple(np.array(c) for c in zip(*((r[2], r[4], said * r[6]) for r in rows), strict=True))  # type: ignore[return-value]


def bests(name: str) -> tuple[Any, Any, Any]:
    """Best prices after each frame of a book, by the time of its matching."""
    levels: tuple[dict[int, float], dict[int, float]] = {}, {}
    found = []
    for at_ns, frame in groupby(plain().rows[name, "book"], key=lambda row: row[2]):
        for *_, side, px, size, _ in frame:
            levels[side > 0].pop(px, None)
            if size:
                levels[side > 0][px] = size
        found.append((at_ns, max(levels[1]) / SCALE, min(levels[0]) / SCALE))
    return tuple(np.array(c) for c in zip(*found, strict=True))  # type: ignore[return-value]


def test_the_recording_says_maker() -> None:
    found = added([calibrate(*bests(name), *words(name)) for name in (BTC, ETH)])
    assert found == Calibration(maker=77, taker=0, between=1, unquoted=1)
    assert found.side_is_maker is SIDE_IS_MAKER


def test_the_tickers_of_the_recording_say_the_same() -> None:
    """As a live start would measure it: from `top` and `trade` chunks, without the books."""
    _, items = heard(indexed(b"".join(recorded())), 4096)
    found = []
    for name in (BTC, ETH):
        top, trade = (
            next(c.columns for c in chunks(items, kind) if c.instrument == name)
            for kind in ("top", "trade")
        )
        quotes = top["venue_ns"], top["bid_px"], top["ask_px"]
        found.append(calibrate(*quotes, trade["venue_ns"], trade["px"], -trade["taker"]))
    assert added(found) == Calibration(maker=75, taker=1, between=2, unquoted=1)
    assert added(found).side_is_maker is True
