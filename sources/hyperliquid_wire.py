"""Hyperliquid frames and answers as typed structs, with only the fields we use.

A frame is `{"channel", "data"}`: the envelope is decoded first and says what its data are.
Prices and sizes are text on the wire; times are whole milliseconds; `tid` is a whole number.
"""

from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from schemas.control import Reason
from sources.wire_numbers import Refused

Coin = Annotated[str, msgspec.Meta(min_length=1)]
Side = Literal["A", "B"]  # ask: sold; bid: bought

_NOTHING: Final = msgspec.Raw()
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # or nested too deep
_Decoded = TypeVar("_Decoded")


class Frame(Struct):
    """What every frame is."""

    channel: str | None = None
    data: msgspec.Raw = _NOTHING


class Level(Struct):
    """One price of a book."""

    px: str
    sz: str


class Book(Struct):
    """A whole book, also the REST answer: bids and asks from the best."""

    coin: Coin
    time: int
    levels: tuple[list[Level], list[Level]]


class Top(Struct):
    """Best bid and best ask; a side that is empty is null or not there."""

    coin: Coin
    time: int
    bbo: list[Level | None]


class Trade(Struct):
    """One fill; `side` is the taker's."""

    coin: Coin
    side: Side
    px: str
    sz: str
    time: int
    tid: int
    hash: str


class Context(Struct):
    """State of one perpetual; of a spot pair only the mark."""

    markPx: str | None = None
    oraclePx: str | None = None
    funding: str | None = None  # for one hour
    openInterest: str | None = None  # coins, one-sided


class CoinContext(Struct):
    """Context of one coin."""

    coin: Coin
    ctx: Context


class AllContexts(Struct):
    """Contexts of every dex, by position in that dex's universe."""

    ctxs: list[tuple[str, list[Context]]]


class Asset(Struct):
    """One perpetual of a dex's universe."""

    name: Coin
    szDecimals: int | None = None
    isDelisted: bool | None = None


class Meta(Struct):
    """The perpetuals of one dex."""

    universe: list[Asset]
    collateralToken: int | None = None  # index of a spot token, 0 is USDC


class Token(Struct):
    """One spot token."""

    name: Coin
    index: int
    szDecimals: int


class Pair(Struct):
    """One spot pair: base token, quote token."""

    name: Coin
    tokens: tuple[int, int]


class SpotMeta(Struct):
    """The spot pairs and their tokens."""

    universe: list[Pair]
    tokens: list[Token]


class Margin(Struct):
    """A margin summary."""

    accountValue: str | None = None
    totalMarginUsed: str | None = None


class Leverage(Struct):
    """How a position is margined."""

    type: Literal["cross", "isolated"]
    value: int | float


class Position(Struct):
    """One position of an account."""

    coin: Coin
    szi: str  # signed
    leverage: Leverage
    entryPx: str | None = None
    positionValue: str | None = None
    unrealizedPnl: str | None = None
    liquidationPx: str | None = None
    marginUsed: str | None = None
    maxLeverage: int | float | None = None


class Held(Struct):
    """The wrapper around a position."""

    position: Position


class State(Struct):
    """The state of an account on one dex; the forms of 2023 have no time and no maintenance."""

    assetPositions: list[Held]
    marginSummary: Margin | None = None
    crossMarginSummary: Margin | None = None
    crossMaintenanceMarginUsed: str | None = None
    withdrawable: str | None = None
    time: int | None = None


class Account(Struct):
    """State of one account on one dex."""

    user: str
    clearinghouseState: State
    dex: str | None = None


class AccountOnAll(Struct):
    """State of one account on every dex."""

    user: str
    clearinghouseStates: list[tuple[str, State]]


class Forced(Struct):
    """Whose order was forced, and how."""

    liquidatedUser: str | None = None
    method: str | None = None  # market, backstop


class Fill(Struct):
    """A fill of a watched account; `side` is the account's own."""

    coin: Coin
    side: Side
    px: str
    sz: str
    time: int
    tid: int
    dir: str = ""
    crossed: bool | None = None  # the account was the taker
    liquidation: Forced | None = None


class UserFills(Struct):
    """Fills on channel `userFills`, or on `user`, which names no account and has other events."""

    fills: list[Fill] | None = None
    user: str = ""
    isSnapshot: bool | None = None


FRAME: Final = msgspec.json.Decoder(Frame)
BOOK: Final = msgspec.json.Decoder(Book)
TOP: Final = msgspec.json.Decoder(Top)
TRADES: Final = msgspec.json.Decoder(list[Trade])
CONTEXT: Final = msgspec.json.Decoder(CoinContext)
ALL_CONTEXTS: Final = msgspec.json.Decoder(AllContexts)
META: Final = msgspec.json.Decoder(Meta)
META_AND_CONTEXTS: Final = msgspec.json.Decoder(tuple[Meta, list[Context]])
SPOT_META: Final = msgspec.json.Decoder(SpotMeta)
SPOT_META_AND_CONTEXTS: Final = msgspec.json.Decoder(tuple[SpotMeta, msgspec.Raw])
STATE: Final = msgspec.json.Decoder(State)
ACCOUNT: Final = msgspec.json.Decoder(Account)
ACCOUNT_ON_ALL: Final = msgspec.json.Decoder(AccountOnAll)
USER_FILLS: Final = msgspec.json.Decoder(UserFills)


def decode(decoder: msgspec.json.Decoder[_Decoded], raw: Any) -> _Decoded:
    """Decode bytes or the data of a frame. Raises Refused."""
    if not memoryview(raw):
        raise Refused(Reason.missing_field, "a frame without data")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Refused(Reason.wrong_type, str(error)) from error
    except _NOT_JSON as error:
        raise Refused(Reason.not_json, str(error)) from error
