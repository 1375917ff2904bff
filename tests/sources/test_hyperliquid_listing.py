"""Coin names and listings: asset, quote, scale, multiples, places of the delisted."""

import pytest
from msgspec.structs import replace

from schemas.control import Reason
from schemas.instrument import Instrument
from sources import hyperliquid_listing as listing
from sources.hyperliquid_wire import META, SPOT_META, decode
from sources.wire_numbers import Refused
from tests.sources.talk import START, wire
from tests.sources.test_hyperliquid_frames import INFO, book, hear, seen, session, trade, trades


def perpetual(coin: str, asset: str, quote: str = "USDC", factor: float = 1.0) -> Instrument:
    return Instrument(
        name=f"hyperliquid:{coin}", asset=asset, quote=quote, kind="perpetual",
        price_decimals=None, ratio_factor=factor, funding_interval_h=1.0,
    )  # fmt: skip


def spot(coin: str, asset: str, quote: str) -> Instrument:
    return Instrument(
        name=f"hyperliquid:{coin}", asset=asset, quote=quote, kind="spot", price_decimals=None
    )


@pytest.mark.parametrize(
    "expected",
    [
        perpetual("BTC", "BTC"),
        perpetual("kPEPE", "PEPE", factor=1000.0),
        perpetual("k", "k"),
        perpetual("kat", "kat"),
        perpetual("xyz:NVDA", "NVDA", "USD"),  # the name does not tell the collateral
        perpetual("hyna:kBONK", "BONK", "USD", 1000.0),
        spot("PURR/USDC", "PURR", "USDC"),
        spot("UBTC/USDC", "BTC", "USDC"),
        spot("@107", "@107", "USD"),
    ],
    ids=lambda expected: str(expected.symbol),
)
def test_what_a_name_tells(expected: Instrument) -> None:
    assert listing.infer(expected.symbol) == expected
    assert expected.venue == "hyperliquid"


UNIVERSE = [
    {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56},
    {"name": "OLD", "szDecimals": 1, "isDelisted": True},
    {"name": "kPEPE", "szDecimals": 0, "onlyIsolated": None, "isDelisted": None},
    {"name": "ODD", "szDecimals": 7},
    {"name": "BARE"},
]


def body(**more: object) -> bytes:
    return wire({"universe": UNIVERSE} | more).encode()


def listed(instrument: Instrument, decimals: int | None) -> Instrument:
    return replace(instrument, price_decimals=decimals, source="listing")


def test_a_listing() -> None:
    assert listing.instruments_of(body()) == [
        listed(perpetual("BTC", "BTC"), 1),
        listed(perpetual("kPEPE", "PEPE", factor=1000.0), 6),
        listed(perpetual("ODD", "ODD"), None),  # more decimals than a price may have
        listed(perpetual("BARE", "BARE"), None),
    ]


def test_a_delisted_coin_keeps_its_place() -> None:
    universe = listing.universe_of(decode(META, body()))
    assert universe.coins == ("BTC", "", "kPEPE", "ODD", "BARE")


@pytest.mark.parametrize(
    ("token", "quote"), [(0, "USDC"), (360, "USDH"), (235, "USDE"), (999, "USD")]
)
def test_a_builders_dex(token: int, quote: str) -> None:
    instruments = listing.instruments_of(body(collateralToken=token), "xyz")
    assert instruments[0] == listed(perpetual("xyz:BTC", "BTC", quote), 1)
    universe = listing.universe_of(decode(META, body().replace(b'"BTC"', b'"xyz:BTC"')), "xyz")
    assert universe.coins[:3] == ("xyz:BTC", "", "xyz:kPEPE")


def test_a_spot_listing_names_the_asset_behind_a_wrapper() -> None:
    tokens = [
        {"name": "USDC", "szDecimals": 8, "index": 0},
        {"name": "PURR", "szDecimals": 0, "index": 1},
        {"name": "UBTC", "szDecimals": 5, "index": 197},
        {"name": "USDH", "szDecimals": 2, "index": 360},
    ]
    pairs = [
        {"name": "PURR/USDC", "tokens": [1, 0], "index": 0},
        {"name": "@142", "tokens": [197, 0], "index": 142},
        {"name": "@230", "tokens": [360, 0], "index": 230},
        {"name": "@231", "tokens": [5, 0], "index": 231},  # a token that is not listed
    ]
    raw = wire({"universe": pairs, "tokens": tokens}).encode()
    assert listing.spot_instruments(decode(SPOT_META, raw)) == [
        listed(spot("PURR/USDC", "PURR", "USDC"), 8),
        listed(spot("@142", "BTC", "USDC"), 3),
        listed(spot("@230", "USDH", "USDC"), 6),
    ]


def test_a_listing_that_is_none() -> None:
    with pytest.raises(Refused) as refused:
        listing.instruments_of(b'{"universe":{}}')
    assert refused.value.reason is Reason.wrong_type


def test_an_instrument_met_before_its_listing_keeps_the_unit_of_its_ticks() -> None:
    made = session()
    meta = f"{INFO}meta {wire({'universe': UNIVERSE})}"
    first = hear(made, book(1), meta, book(2), trades(trade(1, coin="kPEPE")))
    again = seen("BTC", 3, source="listing")
    other = seen("kPEPE", 4, source="listing")
    assert first[:3] == [seen("BTC", 1), again, other]
    assert [chunk.columns["px_ticks"].tolist() for chunk in first[3:4]] == [
        [100_000_000, 100_500_000] * 2
    ]


def test_an_instrument_listed_before_it_is_met_has_the_listed_scale() -> None:
    made = session()
    meta = f"{INFO}meta {wire({'universe': UNIVERSE})}"
    known, chunk = hear(made, meta, book(1))
    assert known == seen("BTC", 2, 1, source="listing")
    assert chunk.columns["px_ticks"].tolist() == [1000, 1005]
    assert made.lose(START, 9, "reconnect")[0].instrument == "hyperliquid:BTC"
    (odd,) = [i for i in hear(made, trades(trade(1, coin="ODD"))) if type(i) is type(known)]
    assert odd == seen("ODD", 1, 6, source="listing")
