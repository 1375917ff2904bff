"""What Deribit's names say, and amounts in base coin."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.control import Reason
from schemas.instrument import Instrument
from sources.deribit_instruments import base_size, finest_tick, infer, is_combo, meet
from sources.wire_numbers import Refused
from tests.sources.deribit_frames import LINEAR, OPTION, PERP, fresh

S = 1_000_000_000
JUN26_NS = 1_782_460_800 * S  # 2026-06-26 08:00 UTC


def expected(symbol: str, asset: str, quote: str, kind: Any, **more: Any) -> Instrument:
    return Instrument(
        name=f"deribit:{symbol}", asset=asset, quote=quote, kind=kind, price_decimals=None, **more
    )


@pytest.mark.parametrize(
    "instrument",
    [
        expected(PERP, "BTC", "USD", "perpetual", inverse=True, funding_interval_h=8.0),
        expected(LINEAR, "SOL", "USDC", "perpetual", funding_interval_h=8.0),
        expected("ETH-26JUN26", "ETH", "USD", "future", inverse=True, expiry_ns=JUN26_NS),
        expected("BTC_USDC-26JUN26", "BTC", "USDC", "future", expiry_ns=JUN26_NS),
        expected(OPTION, "ETH", "USD", "option", inverse=True, expiry_ns=JUN26_NS, strike=4000.0,
                 option="put"),
        expected("XRP_USDC-26JUN26-0d55-C", "XRP", "USDC", "option", expiry_ns=JUN26_NS,
                 strike=0.55, option="call"),
        expected("BTC-29FEB24-5000-C", "BTC", "USD", "option", inverse=True,
                 expiry_ns=1_709_193_600 * S, strike=5000.0, option="call"),
        expected("BTC-9APR21-5000-C", "BTC", "USD", "option", inverse=True,
                 expiry_ns=1_617_955_200 * S, strike=5000.0, option="call"),
        expected("ETH_BTC", "ETH", "BTC", "spot"),
        expected("btc_usd", "BTC", "USD", "index"),
        expected("eth_usd.dvol", "ETH", "USD", "index"),
    ],
)  # fmt: skip
def test_what_a_name_says(instrument: Instrument) -> None:
    assert infer(instrument.symbol) == instrument


@pytest.mark.parametrize(
    "symbol",
    ["", "BTC", "BTC-SWAP", "BTC-26JUX26", "BTC-31FEB26", "BTC-0JUN26", "BTC-26JUN26-C",
     "BTC-26JUN26-5000-X", "BTC-26JUN26-5.5-C", "BTC-26JUN26-5000-C-1", "BTC-PERPETUAL ",
     "BTC-26JUN2026-5000-C", "btc", "BTC_-PERPETUAL", "x" * 999],
)  # fmt: skip
def test_a_name_that_does_not_tell_its_contract_is_refused(symbol: str) -> None:
    with pytest.raises(Refused) as refused:
        infer(symbol)
    assert refused.value.reason is Reason.no_metadata
    assert len(refused.value.detail) < 150


@pytest.mark.parametrize(
    ("symbol", "combo"),
    [("BTC-CS-19MAY26-70000_75000", True), ("BTC-FS-26JUN26_PERP", True), ("ETH-BOX4-X", True),
     ("BTC_USDC-FS-26JUN26_PERP", True), (PERP, False), (OPTION, False), ("BTC-26JUN26", False),
     ("BTC_USDC", False), ("BTC-26JUN26-5000-X", False), ("btc_usd", False)],
)  # fmt: skip
def test_combos_are_known_by_their_names(symbol: str, *, combo: bool) -> None:
    assert is_combo(symbol) is combo


@pytest.mark.parametrize(
    ("symbol", "size"),
    [(PERP, 0.25), ("BTC-26JUN26", 0.25), ("BTC_USDC-PERPETUAL", 10000.0),
     ("BTC_USDC-26JUN26", 10000.0), (OPTION, 10000.0), ("ETH_USDC-26JUN26-4000-P", 10000.0),
     ("BTC_USDC", 10000.0)],
)  # fmt: skip
def test_only_inverse_futures_count_in_usd(symbol: str, size: float) -> None:
    assert base_size(infer(symbol), 10000.0, 40000.0) == size


@pytest.mark.parametrize(
    ("symbol", "tick"),
    [(PERP, "0.01"), ("BTC-26JUN26", "0.01"), (OPTION, "0.0001"), (LINEAR, "0.000001"),
     ("ETH_USDC-26JUN26-4000-P", "0.000001"), ("ETH_BTC", "0.000001")],
)  # fmt: skip
def test_the_tick_of_an_unlisted_instrument(symbol: str, tick: str) -> None:
    assert finest_tick(infer(symbol)) == tick


def test_an_unlisted_instrument_has_the_decimals_of_its_tick_or_more() -> None:
    session = fresh()
    assert meet(session, OPTION, ["0.05"]).price_decimals == 4
    assert meet(session, PERP, ["50000", "0.125"]).price_decimals == 3
    assert meet(session, PERP, ["0.0625"]).price_decimals == 3  # told once, it stays


def test_a_known_scale_stays() -> None:
    session = fresh()
    session.list_instruments([replace(infer(PERP), price_decimals=1, source="settings")])
    assert meet(session, PERP, ["0.125"]).price_decimals == 1


def test_a_known_instrument_without_a_scale_gets_one() -> None:
    session = fresh()
    session.list_instruments([replace(infer(PERP), contract_size=10.0, source="recording")])
    met = meet(session, PERP)
    assert (met.price_decimals, met.contract_size, met.source) == (2, 10.0, "recording")
