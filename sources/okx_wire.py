"""OKX v5 frames as typed structs: the envelope first, then the rows of its channel.

Prices, sizes and times are text on the wire ("" means "none"); only the sequence ids and the
checksum of a book are numbers.
"""

import re
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from schemas.control import Reason
from sources import wire_numbers as numbers
from sources.wire_numbers import Refused

_NOTHING: Final = msgspec.Raw()
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # or nested too deep
_DIGITS = re.compile(r"[0-9]{1,19}")

Level = tuple[str, ...]  # price, size, "0" (obsolete), number of orders


class Argument(Struct):
    """What a subscription is about; which fields it has depends on the channel."""

    channel: str = ""
    instId: str = ""
    instType: str = ""
    instFamily: str = ""


class Frame(Struct):
    """Any frame: an event about subscriptions, or rows of a channel."""

    event: str | None = None
    code: str | int | None = None
    msg: str = ""
    arg: Argument | None = None
    action: str | None = None
    data: msgspec.Raw = _NOTHING


class Book(Struct):
    """A row of `books` or `bbo-tbt`."""

    asks: list[Level]
    bids: list[Level]
    ts: str = ""
    checksum: int | None = None
    seqId: int | None = None
    prevSeqId: int | None = None


class Fill(Struct):
    """A row of `trades`: the fills of one taker at one price."""

    instId: str
    tradeId: str
    px: str
    sz: str
    side: str  # of the taker
    ts: str = ""
    source: str = "0"


class Funding(Struct):
    """A row of `funding-rate`."""

    instId: str
    fundingRate: str
    fundingTime: str = ""
    nextFundingTime: str = ""
    ts: str = ""


class OpenInterest(Struct):
    """A row of `open-interest`."""

    instId: str
    oiCcy: str  # coins
    ts: str = ""


class Mark(Struct):
    """A row of `mark-price`."""

    instId: str
    markPx: str
    ts: str = ""


class Index(Struct):
    """A row of `index-tickers`; its instId names an index, not a market."""

    instId: str
    idxPx: str
    ts: str = ""


class Closed(Struct):
    """One liquidation order."""

    side: str  # of the closing order
    sz: str
    bkPx: str  # bankruptcy price
    posSide: str = ""
    ts: str = ""


class Liquidated(Struct):
    """A row of `liquidation-orders`."""

    instId: str
    details: list[Closed]
    instType: str = ""


class Summary(Struct):
    """A row of `opt-summary`; the greeks in USD are spelt in two ways."""

    instId: str
    markVol: str = ""
    bidVol: str = ""
    askVol: str = ""
    fwdPx: str = ""
    deltaBS: str = ""
    deltaBs: str = ""
    gammaBS: str = ""
    gammaBs: str = ""
    vegaBS: str = ""
    vegaBs: str = ""
    thetaBS: str = ""
    thetaBs: str = ""
    ts: str = ""


class Answer(Struct):
    """A REST answer."""

    code: str
    msg: str = ""
    data: msgspec.Raw = _NOTHING


_FRAME: Final = msgspec.json.Decoder(Frame)
_ANSWER: Final = msgspec.json.Decoder(Answer)
BOOKS: Final = msgspec.json.Decoder(list[Book])
FILLS: Final = msgspec.json.Decoder(list[Fill])
FUNDINGS: Final = msgspec.json.Decoder(list[Funding])
OPEN_INTERESTS: Final = msgspec.json.Decoder(list[OpenInterest])
MARKS: Final = msgspec.json.Decoder(list[Mark])
INDICES: Final = msgspec.json.Decoder(list[Index])
LIQUIDATIONS: Final = msgspec.json.Decoder(list[Liquidated])
SUMMARIES: Final = msgspec.json.Decoder(list[Summary])

_Type = TypeVar("_Type")


def decode(payload: bytes) -> Frame:
    """The envelope of a frame. Raises Refused."""
    return rows(_FRAME, payload)


def decode_answer(body: bytes) -> Answer:
    """The envelope of a REST answer. Raises Refused."""
    return rows(_ANSWER, body)


def rows(decoder: msgspec.json.Decoder[_Type], raw: bytes | msgspec.Raw) -> _Type:
    """What a decoder makes of it. Raises Refused for what is not JSON, absent or of wrong type."""
    if isinstance(raw, msgspec.Raw) and not raw:
        raise Refused(Reason.missing_field, "a frame needs data")
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        absent = str(error).startswith("Object missing required field")
        reason = Reason.missing_field if absent else Reason.wrong_type
        raise Refused(reason, str(error)) from error
    except _NOT_JSON as error:
        raise Refused(Reason.not_json, str(error)) from error


def stamp_ns(text: str) -> int:
    """A time in ms as text, in ns; 0 for none. Raises Refused."""
    return numbers.stamp_ns(_whole(text, Reason.bad_time)) if text else 0


def identifier(text: str) -> int:
    """An id as text. Raises Refused."""
    return numbers.identifier(_whole(text, Reason.bad_id))


def _whole(text: str, reason: Reason) -> int:
    if not _DIGITS.fullmatch(text):
        raise Refused(reason, f"{text[:40]!r} is not a whole number")
    return int(text)
