"""Rows of Deribit's tickers: options are quotes, futures and perpetuals are tops and marks.

Sides    a price of 0 or null, or an amount of 0 or null: the side is empty, which a row says as
         size 0 and price NaN. A quote row that states a size restates its side: a NaN price or
         iv in it means "none", not "unchanged" (an iv of 0: no vol gives such a price)
IV       percent in tickers, decimal in `markprice.options`; 1.0 = 100 % in our rows
Funding  `current_funding`: what accrues now, for 8 h (`funding_8h` is that of the last 8 h)
Interest open interest is USD where amounts are; in base coin by the mark price of the ticker
Numbers  texts by field: "" says none, a field that is not there has not changed
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from math import isnan
from typing import Final

from schemas.control import Reason
from schemas.instrument import Instrument
from sources import wire_numbers as numbers
from sources.batch import Row
from sources.deribit_instruments import FUNDING_H, base_size
from sources.wire_numbers import Refused

Texts = Mapping[str, str]

NO_ID: Final = -1  # a ticker does not say which book frame it is of: never compared with the book

_NAN: Final = float("nan")
_MOST_IV: Final = 1000.0  # 100 000 %
_ZERO: Final = re.compile(r"-?0+(\.0+)?([eE][+-]?[0-9]+)?")
_GREEKS: Final = ("delta", "gamma", "vega", "theta")
_TOP: Final = ("best_bid_price", "best_bid_amount", "best_ask_price", "best_ask_amount")


def quote_row(venue_ns: int, texts: Texts) -> Row:
    """A row of kind `quote` from an option's ticker. Raises Refused."""
    bid_px, bid_sz = _side(texts, "bid")
    ask_px, ask_sz = _side(texts, "ask")
    return (
        venue_ns,
        *(bid_px, bid_sz, ask_px, ask_sz),
        option_price(texts.get("mark_price", "")),
        _NAN if bid_sz == 0.0 else vol(texts.get("bid_iv", ""), percent=True),
        _NAN if ask_sz == 0.0 else vol(texts.get("ask_iv", ""), percent=True),
        vol(texts.get("mark_iv", ""), percent=True),
        _price(texts, "underlying_price"),
        _price(texts, "index_price"),
        numbers.number(texts.get("interest_rate", "")),
        *(numbers.number(texts.get(name, "")) for name in _GREEKS),
        _size(texts, "open_interest"),
    )


def surface_row(venue_ns: int, mark_price: str, iv: str) -> Row:
    """A row of kind `quote` from `markprice.options`: mark price and mark iv only."""
    head = venue_ns, *[_NAN] * 4, option_price(mark_price)
    return (*head, _NAN, _NAN, vol(iv, percent=False), *[_NAN] * 8)


def top_row(venue_ns: int, texts: Texts, instrument: Instrument) -> Row | None:
    """A row of kind `top`; None when the ticker says nothing of the best prices."""
    if not any(name in texts for name in _TOP):
        return None
    sides: list[float] = []
    for side in ("bid", "ask"):
        px, amount = _side(texts, side)
        sides += [px, base_size(instrument, amount, px) if amount else amount]
    return (venue_ns, NO_ID, *sides)


def mark_row(venue_ns: int, texts: Texts, instrument: Instrument) -> Row:
    """A row of kind `mark`."""
    mark, index = _price(texts, "mark_price"), _price(texts, "index_price")
    funding = numbers.number(texts.get("current_funding", ""))
    interest = _size(texts, "open_interest")
    return (
        venue_ns,
        mark,
        index,
        funding,
        _NAN if isnan(funding) else FUNDING_H,
        0,  # accrues continuously
        base_size(instrument, interest, mark),
    )


def vol(text: str, *, percent: bool) -> float:
    """A volatility as a fraction; NaN for none, which the venue also writes as 0."""
    if _none(text):
        return _NAN
    value = numbers.number(text)
    if not 0.0 < value < (_MOST_IV * 100.0 if percent else _MOST_IV):
        raise Refused(Reason.bad_number, f"a volatility of {text[:40]} is out of range")
    return float(Decimal(text).scaleb(-2)) if percent else value


def volatility_index(text: str) -> float:
    """The value of a volatility index, which is never none. Raises Refused."""
    value = vol(text, percent=True)
    if isnan(value):
        raise Refused(Reason.bad_number, "a volatility index without a value")
    return value


def option_price(text: str) -> float:
    """A mark price of an option, which may be worth nothing."""
    if not text:
        return _NAN
    return 0.0 if _none(text) else numbers.price(text)


def _side(texts: Texts, side: str) -> tuple[float, float]:
    """(price, amount) of a side; (NaN, 0) when it is empty, NaN for what is not stated."""
    px, amount = texts.get(f"best_{side}_price"), texts.get(f"best_{side}_amount")
    if _none(px) or _none(amount):
        return _NAN, 0.0
    return (
        _NAN if px is None else numbers.price(px),
        _NAN if amount is None else numbers.size(amount),
    )


def _none(text: str | None) -> bool:
    """Whether a number is stated to be none: null or 0."""
    return text is not None and (not text or _ZERO.fullmatch(text) is not None)


def _price(texts: Texts, name: str) -> float:
    text = texts.get(name, "")
    return numbers.price(text) if text else _NAN


def _size(texts: Texts, name: str) -> float:
    text = texts.get(name, "")
    return numbers.size(text) if text else _NAN
