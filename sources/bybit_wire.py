"""Bybit v5 frames as typed structs. Fields that are not needed are not listed, and ignored.

    topic orderbook.N  BookFrame        data {s, b, a, u}; one level and no delta when N is 1
    topic publicTrade  FillFrame        data [{T, s, S, v, p, i, BT}]
    topic tickers      TickerFrame      data {symbol, …}; an absent key is an unchanged value
    topic allLiquidation  LiquidationFrame  data [{T, s, S, v, p}]
    no topic           Head alone       acknowledgements, pongs, errors

Prices, sizes and rates are text and become numbers by `wire_numbers`; times are whole ms.
"""

from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from schemas.control import Reason
from sources.wire_numbers import Refused

Level = tuple[str, str]  # price, size; size 0 deletes
Side = Literal["Buy", "Sell"]

_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # or nested too deep
_MISSING: Final = "Object missing required field"


class Head(Struct):
    """What tells one kind of frame from another."""

    topic: str | None = None
    type: Any = None
    op: Any = None
    success: Any = None


class BookData(Struct):
    """Levels of one book."""

    s: str
    b: list[Level]
    a: list[Level]
    u: int


class BookFrame(Struct):
    """A snapshot or a change of one book."""

    type: Literal["snapshot", "delta"]
    data: BookData
    ts: int = 0  # when it was pushed
    cts: int = 0  # when the matching engine made it; comparable with a fill's T


class Fill(Struct):
    """One fill. `S` is the side of the taker."""

    T: int
    s: str
    S: Side
    v: str
    p: str
    i: str
    BT: bool = False  # a block trade


class FillFrame(Struct):
    """Fills of one symbol."""

    data: list[Fill]


class Ticker(Struct):
    """What a ticker has changed; the best prices in it are left to the depth stream."""

    symbol: str
    markPrice: str | None = None
    indexPrice: str | None = None
    openInterest: str | None = None  # counts both sides
    singleOpenInterest: str | None = None
    fundingRate: str | None = None
    fundingIntervalHour: str | None = None
    nextFundingTime: str | None = None


class TickerFrame(Struct):
    """A whole ticker or a change of it."""

    data: Ticker
    ts: int = 0


class Liquidation(Struct):
    """One liquidated position. `S` is the side of the position, `p` its bankruptcy price."""

    T: int
    s: str
    S: Side
    v: str
    p: str


class LiquidationFrame(Struct):
    """The liquidations of one symbol over 500 ms, all of them."""

    data: list[Liquidation]


_Frame = TypeVar("_Frame")


class Form(Generic[_Frame]):
    """A decoder that refuses, with a reason, what is not of its type."""

    def __init__(self, kind: type[_Frame]) -> None:
        self._decoder = msgspec.json.Decoder(kind)

    def read(self, payload: bytes | msgspec.Raw) -> _Frame:
        """The payload as its type. Raises Refused."""
        try:
            return self._decoder.decode(payload)
        except msgspec.ValidationError as error:
            missing = str(error).startswith(_MISSING)
            reason = Reason.missing_field if missing else Reason.wrong_type
            raise Refused(reason, str(error)) from error
        except _NOT_JSON as error:
            raise Refused(Reason.not_json, str(error)) from error


HEAD: Final = Form(Head)
BOOK: Final = Form(BookFrame)
FILLS: Final = Form(FillFrame)
TICKER: Final = Form(TickerFrame)
LIQUIDATIONS: Final = Form(LiquidationFrame)
