"""Frames for load tests: books, tickers and trades of many made-up symbols, at any rate.

Each symbol has a ring of depth frames that were encoded beforehand; only ids and times are filled
in. The levels of a ring are absolute and never touch the best prices, so the ids chain for ever,
a ticker always agrees with the book, and the book is what the last round of the ring says.
"""

from random import Random
from typing import Final

from sources.simulator.venues.hub import packed

FLOODED: Final = "binance-usdm"  # the venue whose frames they are
RING: Final = 16  # depth frames of a symbol before they repeat
LEVELS: Final = 12  # levels told by a frame, each side
WIDTH: Final = 200  # levels of a book, each side
TICKERS: Final = 5  # per depth frame
TRADES: Final = 2
PATTERN: Final = 1 + TICKERS + TRADES
FIRST_UPDATE: Final = 7 * 10**12
FIRST_TRADE: Final = 5 * 10**9
STEP: Final = 40  # update ids per depth frame
_MIDDLE: Final = 50_000  # ticks of 0.1

_DEPTH: Final = (
    b'{"stream":"%s@depth@100ms","data":{"e":"depthUpdate","E":%%d,"T":%%d,"s":"%s","ps":"%s",'
    b'"U":%%d,"u":%%d,"pu":%%d,"b":%s,"a":%s,"st":1}}'
)
_TICKER: Final = (
    b'{"stream":"%s@bookTicker","data":{"e":"bookTicker","u":%%d,"s":"%s","ps":"%s",'
    b'"b":"5000.00","B":"7.000","a":"5000.10","A":"7.000","T":%%d,"E":%%d,"st":1}}'
)
_TRADE: Final = (
    b'{"stream":"%s@trade","data":{"e":"trade","E":%%d,"T":%%d,"s":"%s","t":%%d,'
    b'"p":"5000.00","q":"0.010","X":"MARKET","m":true,"st":1}}'
)
_Sides = tuple[dict[int, int], dict[int, int]]


class Symbol:
    """One made-up symbol and how far its frames have come."""

    def __init__(self, seed: int, name: str) -> None:
        rng = Random(f"{seed}/flood/{name}")
        self.name = name
        self._rounds = [(_draw(rng, _MIDDLE, -1), _draw(rng, _MIDDLE + 1, 1)) for _ in range(RING)]
        upper, lower = name.encode(), name.lower().encode()
        self._depths = [
            _DEPTH % (lower, upper, upper, _levels(bids), _levels(asks))
            for bids, asks in self._rounds
        ]
        self._ticker = _TICKER % (lower, upper, upper)
        self._trade = _TRADE % (lower, upper)
        self._start: _Sides = ({_MIDDLE: 7000}, {_MIDDLE + 1: 7000})
        for away in range(1, WIDTH):
            self._start[0][_MIDDLE - away] = self._start[1][_MIDDLE + 1 + away] = 1000 + away
        self.depths = 0
        self.trades = 0

    @property
    def update(self) -> int:
        """The id of the last depth frame."""
        return FIRST_UPDATE + STEP * self.depths

    def next(self, place: int, now_ms: int) -> bytes:
        """The frame at a place of the pattern: one depth frame, then tickers and trades."""
        kind = place % PATTERN
        if kind == 0:
            template = self._depths[self.depths % RING]
            before = self.update
            self.depths += 1
            return template % (now_ms, now_ms, before + 3, before + STEP, before)
        if kind <= TICKERS:
            return self._ticker % (self.update, now_ms, now_ms)
        self.trades += 1
        return self._trade % (now_ms, now_ms, FIRST_TRADE + self.trades)

    def book(self) -> _Sides:
        """Bids and asks as they are now: lots of 0.001 by ticks of 0.1."""
        bids, asks = dict(self._start[0]), dict(self._start[1])
        for number in range(max(0, self.depths - RING), self.depths):
            told = self._rounds[number % RING]
            bids |= told[0]
            asks |= told[1]
        return bids, asks

    def snapshot(self, now_ms: int) -> bytes:
        """The book as REST tells it."""
        bids, asks = self.book()
        return packed({
            "lastUpdateId": self.update, "E": now_ms, "T": now_ms,
            "bids": _texts(sorted(bids.items(), reverse=True)),
            "asks": _texts(sorted(asks.items())),
        })  # fmt: skip


def _draw(rng: Random, best: int, away: int) -> dict[int, int]:
    """Levels behind a best price with their lots."""
    prices = rng.sample(range(1, WIDTH), LEVELS)
    return {best + away * price: rng.randrange(1, 20_000) for price in sorted(prices)}


def _levels(side: dict[int, int]) -> bytes:
    return packed(_texts(list(side.items())))


def _texts(levels: list[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(f"{ticks / 10:.2f}", f"{lots / 1000:.3f}") for ticks, lots in levels]
