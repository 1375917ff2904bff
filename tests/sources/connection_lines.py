"""Lines at milliseconds, and in brief what a connection of Binance USD-M says to them."""

from typing import Any

from schemas.chunk import Chunk
from schemas.control import Clock
from tests.sources.talk import GRID, MS, START, cut, indexed, stamped

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
