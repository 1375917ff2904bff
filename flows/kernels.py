"""Compiles or loads every kernel before a source opens; `python -m flows.kernels` fills the cache.

A made-up minute of frames goes through the session, the market state and the estimators, so
that the first real line meets warm kernels whatever kind it is.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from flows.market import MarketLogic
from flows.volatility import MarketRegimeLogic, Step, VolatilityLogic
from schemas.errors import SeawallError
from schemas.market import GridItem
from schemas.quality import Quality
from schemas.settings import Settings
from schemas.units import NS_PER_S
from sources.connection import Connection
from sources.lines import Lines, index_lines
from sources.registry import VENUES, session_for

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_SECONDS = 8
_START_NS = 1_700_000_000 * NS_PER_S


def warm() -> None:
    """Run every kernel once."""
    for venue in VENUES:
        connection = Connection(
            "warm",
            session_for(venue, "warm", lambda instrument: instrument),
            grid_ns=NS_PER_S,
            hole_ns=60 * NS_PER_S,
            foreign=True,
        )
        items = connection.open(_START_NS)
        items += connection.take(_lines())
        _fold(items)


@contextmanager
def kept_kernels() -> Iterator[None]:
    """Around first uses of kernels: a cache that cannot be written is told as a sentence."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        folder = os.environ["NUMBA_CACHE_DIR"]
        message = (
            f"compiled kernels cannot be kept in {folder}: {error.strerror}; "
            "make room there, or name another folder with NUMBA_CACHE_DIR"
        )
        raise SeawallError(message) from error


def _fold(items: list[tuple[str, Any]]) -> None:
    settings = Settings()
    market = MarketLogic({}, 10 * NS_PER_S, None)
    mine = [item for name, item in items if name != "warm"]
    grid = [item for item in market.on_batch(mine)[0] if isinstance(item, GridItem)]
    MarketLogic({}, 10 * NS_PER_S, market.snapshot())
    fast = settings.regime.__class__(step_s=1.0)
    volatility = VolatilityLogic(fast, 900.0, NS_PER_S, None)
    volatility.on_batch(grid)
    regime = MarketRegimeLogic(["a"], fast, None)
    for second in range(_SECONDS):
        at_ns = _START_NS + second * NS_PER_S
        regime.on_batch([Step("a", at_ns, (0.3, 0.3, 0.4), Quality.ok)])


def _lines() -> Lines:
    """Frames of all kinds, one book of three levels a side that moves every second."""
    text = bytearray()
    body = '"bids":[["100.00","5.000"],["99.90","7.000"]],"asks":[["100.10","4.000"]]'
    event = '"E":1700000000000,"T":1700000000000,"s":"WARMUSDT"'
    for second in range(_SECONDS):
        at_ns = _START_NS + second * NS_PER_S
        first = 10 + 2 * second
        px = 100.0 + 0.01 * (second % 3)
        frames = [
            f'{{"e":"depthUpdate",{event},"U":{first},"u":{first + 1},"pu":{first - 1},'
            f'"b":[["{px:.2f}","6.000"],["99.80","0.000"]],"a":[["100.20","{second + 1}.000"]]}}',
            f'{{"e":"bookTicker","u":{first},{event},"b":"99.00","B":"1.0","a":"101.00","A":"1.0"}}',
            f'{{"e":"trade",{event},"t":{second},"p":"100.00","q":"0.5","X":"MARKET","m":true}}',
            f'{{"e":"markPriceUpdate",{event},"p":"100.0","i":"100.0","r":"-0.0001",'
            '"T":1700000000000}',
        ]
        if second == 0:
            url = "https://warm/depth?symbol=WARMUSDT"
            frames.insert(1, f'@{url} {{"lastUpdateId":{first},{body}}}')
        for frame in frames:
            text += f"{at_ns} {frame}\n".encode()
            at_ns += 1
    return index_lines(np.frombuffer(bytes(text), np.uint8), 1)


if __name__ == "__main__":
    warm()
    print("kernels are compiled")
