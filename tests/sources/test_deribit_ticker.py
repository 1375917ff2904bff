"""Rows of tickers: sides, percents, units, and what a ticker does not say."""

from math import isnan
from typing import Any

import pytest

from schemas.chunk import COLUMNS
from schemas.control import Reason
from sources import deribit_ticker as tickers
from sources.deribit_instruments import infer
from sources.wire_numbers import Refused
from tests.sources.deribit_frames import AT, LINEAR, OPTION, PERP, fresh, said, seen, ticker
from tests.sources.talk import MS

NS = AT * MS


def plain(kind: str, row: tuple[float, ...]) -> dict[str, Any]:
    """What a row states, by column."""
    named = dict(zip(COLUMNS[kind], row, strict=True))
    return {name: value for name, value in named.items() if not isnan(value)}


FULL = {
    "best_bid_price": "0.0415", "best_bid_amount": "25.0", "bid_iv": "60.10",
    "best_ask_price": "0.043", "best_ask_amount": "7", "ask_iv": "61.27",
    "mark_price": "0.042137", "mark_iv": "60.7", "underlying_price": "4012.25",
    "index_price": "4001.5", "interest_rate": "-0.01", "delta": "-0.45", "gamma": "2e-05",
    "vega": "3.25", "theta": "-1.5", "open_interest": "1204.5",
}  # fmt: skip
STATED = {
    "venue_ns": 7, "bid_px": 0.0415, "bid_sz": 25.0, "bid_iv": 0.601, "ask_px": 0.043,
    "ask_sz": 7.0, "ask_iv": 0.6127, "mark_px": 0.042137, "mark_iv": 0.607,
    "underlying_px": 4012.25, "index_px": 4001.5, "rate": -0.01, "delta": -0.45, "gamma": 2e-05,
    "vega": 3.25, "theta": -1.5, "oi_base": 1204.5,
}  # fmt: skip


def quote(**changes: str) -> dict[str, Any]:
    return plain("quote", tickers.quote_row(7, FULL | changes))


def without(*names: str, **changes: float) -> dict[str, Any]:
    return {k: v for k, v in (STATED | changes).items() if k not in names}


def test_an_options_ticker() -> None:
    assert quote() == STATED


def test_nothing_stated_is_nothing_changed() -> None:
    assert plain("quote", tickers.quote_row(0, {})) == {"venue_ns": 0}


@pytest.mark.parametrize(
    "empty",
    [{"best_bid_price": "0.0", "best_bid_amount": "0.0", "bid_iv": "0.0"},
     {"best_bid_price": "", "best_bid_amount": "0", "bid_iv": "0"},
     {"best_bid_price": "", "best_bid_amount": "", "bid_iv": ""},
     {"best_bid_price": "0"}, {"best_bid_price": "-0.0"}, {"best_bid_amount": "0e5"}],
)  # fmt: skip
def test_an_empty_side_is_size_zero_and_nothing_else(empty: dict[str, str]) -> None:
    assert quote(**empty) == without("bid_px", "bid_iv", bid_sz=0.0)


def test_an_iv_of_zero_is_none() -> None:
    assert quote(bid_iv="0.0", mark_iv="0") == without("bid_iv", "mark_iv")


def test_a_worthless_option_has_a_mark_price_of_zero() -> None:
    assert quote(mark_price="0.0") == without(mark_px=0.0)
    assert quote(mark_price="") == without("mark_px")


def test_a_side_without_amounts_says_its_price_only() -> None:
    stated = {k: v for k, v in FULL.items() if k != "best_ask_amount"}
    assert plain("quote", tickers.quote_row(7, stated)) == without("ask_sz")


def test_a_row_of_the_surface() -> None:
    row = tickers.surface_row(7, "0.0125", "0.3706")
    assert plain("quote", row) == {"venue_ns": 7, "mark_px": 0.0125, "mark_iv": 0.3706}
    assert plain("quote", tickers.surface_row(7, "0", "0")) == {"venue_ns": 7, "mark_px": 0.0}


@pytest.mark.parametrize(
    ("text", "percent", "value"),
    [("61.27", True, 0.6127), ("0.29", True, 0.0029), ("0.3706", False, 0.3706),
     ("99999.9", True, 999.999), ("1e1", True, 0.1)],
)  # fmt: skip
def test_percents_become_fractions_exactly(text: str, *, percent: bool, value: float) -> None:
    assert tickers.vol(text, percent=percent) == value


@pytest.mark.parametrize("text", ["-1", "1e5", "1e30", "1e-999", '"NaN"', "true", "1e99999"])
def test_no_volatility(text: str) -> None:
    for read in (lambda: tickers.vol(text, percent=True), lambda: quote(ask_iv=text)):
        with pytest.raises(Refused) as refused:
            read()
        assert refused.value.reason is Reason.bad_number


@pytest.mark.parametrize("text", ["", "0", "0.0"])
def test_a_volatility_index_has_a_value(text: str) -> None:
    assert tickers.volatility_index("129.36") == 1.2936
    with pytest.raises(Refused) as refused:
        tickers.volatility_index(text)
    assert refused.value.reason is Reason.bad_number


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"best_bid_price": "-1"}, Reason.bad_price), ({"best_ask_price": "1e30"}, Reason.bad_price),
     ({"best_ask_price": '"NaN"'}, Reason.bad_price), ({"best_ask_amount": "-1"}, Reason.bad_size),
     ({"mark_price": "-0.1"}, Reason.bad_price), ({"underlying_price": "0"}, Reason.bad_price),
     ({"index_price": "1e30"}, Reason.bad_price), ({"delta": "1e999"}, Reason.bad_number),
     ({"interest_rate": "[]"}, Reason.bad_number), ({"open_interest": "-5"}, Reason.bad_size)],
)  # fmt: skip
def test_what_is_refused(change: dict[str, str], reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        quote(**change)
    assert refused.value.reason is reason


# -- futures -----------------------------------------------------------------------------------

FUTURE = {
    "best_bid_price": "50000.0", "best_bid_amount": "25000", "best_ask_price": "50000.5",
    "best_ask_amount": "10", "mark_price": "50000", "index_price": "49990.25",
    "open_interest": "700000000", "current_funding": "-2.5e-05", "funding_8h": "0.0001",
}  # fmt: skip


def test_an_inverse_perpetual_is_in_usd() -> None:
    top = tickers.top_row(7, FUTURE, infer(PERP))
    assert top == (7, -1, 50000.0, 0.5, 50000.5, 10 / 50000.5)
    mark = tickers.mark_row(7, FUTURE, infer(PERP))
    assert mark == (7, 50000.0, 49990.25, -2.5e-05, 8.0, 0, 14000.0)


def test_a_linear_perpetual_is_in_base_coin() -> None:
    assert tickers.top_row(7, FUTURE, infer(LINEAR)) == (7, -1, 50000.0, 25000.0, 50000.5, 10.0)
    assert tickers.mark_row(7, FUTURE, infer(LINEAR))[-1] == 700000000.0


def test_a_dated_future_has_no_funding() -> None:
    stated = {k: v for k, v in FUTURE.items() if k != "current_funding"}
    row = plain("mark", tickers.mark_row(7, stated, infer("BTC-26JUN26")))
    expected = {"venue_ns": 7, "mark": 50000.0, "index": 49990.25, "next_funding_ns": 0}
    assert row == expected | {"oi_base": 14000.0}


def test_open_interest_in_usd_needs_a_mark_price() -> None:
    row = plain("mark", tickers.mark_row(7, {"open_interest": "700"}, infer(PERP)))
    assert row == {"venue_ns": 7, "next_funding_ns": 0}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [({"best_bid_price": "", "best_bid_amount": "0"}, {"bid_sz": 0.0}),
     ({"best_bid_price": "50000"}, {"bid_px": 50000.0}),
     ({"best_bid_amount": "7"}, {})],
)  # fmt: skip
def test_a_top_with_sides_that_are_empty_or_not_stated(stated: Any, expected: Any) -> None:
    row = tickers.top_row(7, stated, infer(PERP))
    assert row is not None
    assert plain("top", row) == {"venue_ns": 7, "id": -1} | expected


def test_a_ticker_without_best_prices_is_no_top() -> None:
    assert tickers.top_row(7, {"mark_price": "5"}, infer(PERP)) is None


# -- in a session ------------------------------------------------------------------------------


def test_tickers_by_kind_of_instrument() -> None:
    spot = {"best_bid_price": 0.05, "best_bid_amount": 3, "best_ask_price": None,
            "best_ask_amount": 0.0, "mark_price": 0.05, "index_price": 0.05}  # fmt: skip
    frames = ticker(PERP, mark_price=50000, open_interest=100000), ticker("ETH_BTC", **spot)
    words, rows = said(*frames, ticker(OPTION, mark_iv=50.5, greeks={"delta": -0.5}))
    assert words == [seen(PERP, 2), seen("ETH_BTC", 6, 2), seen(OPTION, 4, 3)]
    assert rows == [
        (PERP, "mark", 1, NS, 50000.0, None, None, None, 0, 2.0),
        ("ETH_BTC", "top", 2, NS, -1, 0.05, 3.0, None, 0.0),
        (OPTION, "quote", 3, NS, *[None] * 7, 0.505, *[None] * 3, -0.5, *[None] * 4),
    ]


def test_incremental_tickers_keep_what_does_not_change() -> None:
    session = fresh()
    first = {"type": "snapshot", "best_bid_price": 50000.0, "best_bid_amount": 5000,
             "mark_price": 50000.0, "open_interest": 100000}  # fmt: skip
    words, rows = said(
        ticker(PERP, "incremental_ticker", **first),
        ticker(PERP, "incremental_ticker", type="change", best_bid_amount=10000),
        ticker(PERP, "incremental_ticker", type="change", timestamp=0, best_bid_price=None),
        ticker(PERP, "incremental_ticker", type="change", mark_price=-1),
        ticker(PERP, "incremental_ticker", type="change", open_interest=50000),
        ticker(PERP, "incremental_ticker", type="snapshot", mark_price=40000.0),
        session=session,
    )
    assert words == [seen(PERP, 2), ("rejected", 4, "bad_price")]
    assert [row for row in rows if row[1] == "top"] == [
        (PERP, "top", 1, NS, -1, 50000.0, 0.1, None, None),
        (PERP, "top", 2, NS, -1, 50000.0, 0.2, None, None),
        (PERP, "top", 3, 0, -1, None, 0.0, None, None),
        (PERP, "top", 5, NS, -1, None, 0.0, None, None),
    ]
    assert [(row[2], row[4], row[9]) for row in rows if row[1] == "mark"] == [
        (1, 50000.0, 2.0), (2, 50000.0, 2.0), (3, 50000.0, 2.0), (5, 50000.0, 1.0),
        (6, 40000.0, None),
    ]  # fmt: skip
    session.lose(0, 7, "reconnect")
    late = ticker(PERP, "incremental_ticker", type="change", open_interest=50000)
    assert said(late, session=session)[1] == [(PERP, "mark", 1, NS, *[None] * 4, 0, None)]


def test_tickers_of_combos_are_left_out() -> None:
    session = fresh()
    assert said(ticker("BTC-FS-26JUN26_PERP", mark_price=5), session=session) == ([], [])
    assert dict(session.counts) == {"combo": 1}
