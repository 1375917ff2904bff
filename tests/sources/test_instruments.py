"""Gathering a catalogue page by page, and volumes in USD whatever the venue counts in."""

from collections.abc import Mapping
from typing import Any

import pytest

from schemas.control import Reason
from schemas.errors import SeawallError
from schemas.instrument import Instrument
from sources.instruments import Catalogue, Gathering, Page, Traded, turnover_usd
from sources.wire_numbers import Refused


def made(symbol: str, asset: str, quote: str, kind: Any = "perpetual", **more: Any) -> Instrument:
    return Instrument(name=f"v:{symbol}", asset=asset, quote=quote, kind=kind, price_decimals=2,
                      source="listing", **more)  # fmt: skip


BTC = made("BTCUSDT", "BTC", "USDT", funding_interval_h=8.0)
ETH = made("ETHUSDT", "ETH", "USDT", funding_interval_h=8.0)
DATED = made("BTC-1", "BTC", "USDT", "future")


class Venue:
    """A lister whose pages are given."""

    venue = "v"

    def __init__(self, first: tuple[str, ...], pages: Mapping[str, Page]) -> None:
        self.first, self.pages = first, pages
        self.asked: list[tuple[str, bytes]] = []

    def listing_urls(self) -> tuple[str, ...]:
        return self.first

    def page(self, url: str, body: bytes) -> Page:
        self.asked.append((url, body))
        if body == b"<html>":
            raise Refused(Reason.not_json, "JSON is malformed")
        return self.pages[url]


def gathered(venue: Venue) -> Gathering:
    gathering = Gathering(venue)
    while (url := gathering.next()) is not None:
        gathering.take(b"body of " + url.encode())
    return gathering


def test_pages_are_asked_for_one_after_the_other() -> None:
    venue = Venue(("a", "t", "f"), {
        "a": Page(instruments=(ETH,), more=("a2",), refused=("X: why",)),
        "a2": Page(instruments=(BTC, DATED), refused=("Y: why",)),
        "t": Page(traded=(Traded("BTCUSDT", 5.0, "quote"), Traded("GONE", 9.0, "quote"))),
        "f": Page(intervals={"BTCUSDT": 4.0, "BTC-1": 1.0, "NONE": 2.0}),
    })  # fmt: skip
    assert gathered(venue).catalogue(77) == Catalogue(
        "v",
        77,
        (DATED, made("BTCUSDT", "BTC", "USDT", funding_interval_h=4.0), ETH),
        {"BTCUSDT": 5.0},
        ("X: why", "Y: why"),
    )
    assert venue.asked == [(u, b"body of " + u.encode()) for u in ("a", "t", "f", "a2")]


def test_a_venue_that_turns_in_circles() -> None:
    again = Venue(("a",), {"a": Page((BTC,), more=("b",)), "b": Page((BTC,), more=("c",))})
    assert [i.name for i in gathered(again).catalogue(0).instruments] == ["v:BTCUSDT"]
    assert [url for url, _ in again.asked] == ["a", "b"]
    itself = Venue(("a",), {"a": Page((BTC,), more=("a",))})
    assert len(gathered(itself).catalogue(0).instruments) == 1
    endless = Venue(("0",), {str(k): Page(more=(str(k + 1),)) for k in range(500)})
    with pytest.raises(SeawallError, match="the listing of v has more than 200 pages"):
        gathered(endless)


def test_an_answer_that_cannot_be_understood() -> None:
    gathering = Gathering(Venue(("https://v/list",), {}))
    with pytest.raises(SeawallError) as error:
        gathering.take(b"<html>")
    assert str(error.value) == (
        "the listing of v cannot be understood: JSON is malformed "
        "(https://v/list answered '<html>')"
    )
    with pytest.raises(SeawallError, match="v lists nothing that can be used"):
        Gathering(Venue((), {})).catalogue(0)


@pytest.mark.parametrize(
    ("instrument", "traded", "usd"),
    [
        (BTC, Traded("BTCUSDT", 7.0, "usd"), 7.0),
        (BTC, Traded("BTCUSDT", 7.0, "quote"), 7.0),
        (BTC, Traded("BTCUSDT", 7.0, "base", 100.0), 700.0),
        (made("1000PEPEUSDT", "PEPE", "USDT", ratio_factor=1000.0),
         Traded("1000PEPEUSDT", 5.0, "base", 0.01), 0.05),
        (made("BTCUSD_PERP", "BTC", "USD", inverse=True, contract_size=100.0),
         Traded("BTCUSD_PERP", 350.0, "contracts", 60_000.0), 35_000.0),
        (made("BTC-LINEAR", "BTC", "USDT", contract_size=0.01),
         Traded("BTC-LINEAR", 350.0, "contracts", 60_000.0), 210_000.0),
        (made("BTC-C", "BTC", "USD", "option", inverse=True, contract_size=0.01),
         Traded("BTC-C", 350.0, "contracts", 0.05), None),
        (made("ETHBTC", "ETH", "BTC", "spot"), Traded("ETHBTC", 3.0, "quote", 0.05), None),
        (made("BTC-C", "BTC", "USD", "option", inverse=True), Traded("BTC-C", 3.0, "base", 0.05),
         None),
    ],
)  # fmt: skip
def test_what_was_traded_in_usd(instrument: Instrument, traded: Traded, usd: float | None) -> None:
    found = turnover_usd([instrument], [traded])
    assert found == ({} if usd is None else {instrument.symbol: pytest.approx(usd, rel=1e-15)})


def test_other_quotes_are_valued_at_the_price_of_the_most_traded() -> None:
    listed = [
        made("ETHBTC", "ETH", "BTC", "spot"), made("BTCUSDT", "BTC", "USDT", "spot"),
        made("BTCDAI", "BTC", "DAI", "spot"), made("USDTTRY", "USDT", "TRY", "spot"),
        made("BTCTRY", "BTC", "TRY", "spot"), made("BTC-C", "BTC", "USD", "option", inverse=True),
        made("ODD", "X", "UNKNOWN", "spot"), made("1000BTCUSDT", "BTC", "USDT", ratio_factor=1e3),
    ]  # fmt: skip
    traded = [
        Traded("ETHBTC", 3.0, "quote", 0.05), Traded("BTCUSDT", 10**9, "quote", 60_000.0),
        Traded("BTCDAI", 10.0, "quote", 7.0),  # a stale price on a dead market
        Traded("USDTTRY", 400.0, "quote", 40.0), Traded("BTCTRY", 8_000.0, "quote", 2.4e6),
        Traded("BTC-C", 2.0, "base", 0.05), Traded("ODD", 5.0, "quote", 1.0),
        Traded("1000BTCUSDT", 2.0, "quote", 1.0),
    ]  # fmt: skip
    assert turnover_usd(listed, traded) == {
        "ETHBTC": 180_000.0, "BTCUSDT": 1e9, "BTCDAI": 10.0, "USDTTRY": 10.0, "BTCTRY": 200.0,
        "BTC-C": 120_000.0, "1000BTCUSDT": 2.0,
    }  # fmt: skip
