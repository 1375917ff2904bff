"""Names, listings and the size of a contract."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.control import Reason
from schemas.instrument import Instrument
from sources import okx_contracts
from sources.okx_contracts import base_size, infer, instruments_of, listing_url
from sources.wire_numbers import Refused
from tests.sources.okx_frames import INVERSE, LINEAR, MARKETS, OPTION, SPOT
from tests.sources.talk import wire

BY_SYMBOL = {market.symbol: market for market in MARKETS}


def expiry(*day: int) -> int:
    return int(datetime(*day, 8, tzinfo=UTC).timestamp()) * 10**9  # type: ignore[arg-type, misc]


def inferred(symbol: str, kind: Any, **facts: Any) -> Instrument:
    known = {"asset": "BTC", "quote": "USD", "contract_size": 0.0, "price_decimals": None} | facts
    return Instrument(name=f"okx:{symbol}", kind=kind, **known)


@pytest.mark.parametrize(
    "expected",
    [
        inferred("BTC-USDT", "spot", quote="USDT", contract_size=1.0),
        inferred("SATS-USDC", "spot", asset="SATS", quote="USDC", contract_size=1.0),
        inferred("BTC-USD", "spot", contract_size=1.0),
        inferred("BTC-USDT-SWAP", "perpetual", quote="USDT"),
        inferred("BTC-USD-SWAP", "perpetual", inverse=True),
        inferred("BTC-USD_UM-SWAP", "perpetual"),
        inferred("BTC-USD-220527", "future", inverse=True, expiry_ns=expiry(2022, 5, 27)),
        inferred("1INCH-USDT-261225", "future", asset="1INCH", quote="USDT",
                 expiry_ns=expiry(2026, 12, 25)),
        inferred("BTC-USD-250328-92000-C", "option", inverse=True, strike=92000.0, option="call",
                 expiry_ns=expiry(2025, 3, 28)),
        inferred("BTC-USD-250328-0.5-P", "option", inverse=True, strike=0.5, option="put",
                 expiry_ns=expiry(2025, 3, 28)),
    ],
    ids=lambda instrument: instrument.symbol,
)  # fmt: skip
def test_what_a_name_says(expected: Instrument) -> None:
    assert infer(expected.symbol) == expected


@pytest.mark.parametrize(
    ("symbol", "reason"),
    [("BTC", Reason.no_metadata), ("", Reason.no_metadata), ("-USDT", Reason.no_metadata),
     ("BTC-", Reason.no_metadata), ("BTC-USD-", Reason.no_metadata),
     ("BTC-USD-250231", Reason.no_metadata), ("BTC-USD-25032", Reason.no_metadata),
     ("BTC-USD-perp", Reason.no_metadata), ("BTC-USD-250328-1-X", Reason.no_metadata),
     ("BTC-USD-250328-1", Reason.no_metadata), ("BTC-USD-250328-1-C-D", Reason.no_metadata),
     ("BTC-USD-250328-0-C", Reason.bad_price)],
)  # fmt: skip
def test_a_name_of_another_form(symbol: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        infer(symbol)
    assert refused.value.reason is reason


def test_words_of_the_venue() -> None:
    symbols = (SPOT, LINEAR, "BTC-USD_UM-261225", OPTION)
    assert [okx_contracts.type_of(s) for s in symbols] == ["SPOT", "SWAP", "FUTURES", "OPTION"]
    assert [okx_contracts.index_of(s) for s in symbols] == [SPOT, SPOT, "BTC-USD", "BTC-USD"]
    assert [okx_contracts.family_of(s) for s in symbols[2:]] == ["BTC-USD_UM", "BTC-USD"]


def test_where_the_listing_is() -> None:
    head = "https://www.okx.com/api/v5/public/instruments?instType="
    assert listing_url("BTC-USD-261225") == head + "FUTURES&instId=BTC-USD-261225"
    assert listing_url(OPTION) == head + "OPTION&instFamily=BTC-USD"
    assert listing_url("A B&c=\n-USDT-SWAP") == head + "SWAP&instId=A+B%26c%3D%0A-USDT-SWAP"


# -- contracts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "coins"), [(SPOT, 3.0), (LINEAR, 1.5), (INVERSE, 6.0), (OPTION, 1.5)]
)
def test_three_contracts_at_50(symbol: str, coins: float) -> None:
    """Halves of a coin; hundreds of dollars."""
    assert base_size(BY_SYMBOL[symbol], 3.0, 50.0) == coins


def test_a_size_that_nobody_has_is_refused() -> None:
    for symbol, size, px in ((INVERSE, 1e17, 0.01), (INVERSE, 1.0, 5e-324), (LINEAR, 1e19, 1.0)):
        with pytest.raises(Refused) as refused:
            base_size(BY_SYMBOL[symbol], size, px)
        assert refused.value.reason is Reason.bad_size


# -- the listing ---------------------------------------------------------------------------------

BLANK = dict.fromkeys(
    ("baseCcy", "quoteCcy", "uly", "ctVal", "ctMult", "ctValCcy", "ctType", "settleCcy", "expTime",
     "stk", "optType"), ""
)  # fmt: skip


def row(symbol: str, kind: str, tick: str, **facts: str) -> dict[str, Any]:
    return BLANK | {"instId": symbol, "instType": kind, "tickSz": tick, "state": "live"} | facts


def contract(symbol: str, kind: str, tick: str, value: str, of: str, **facts: str) -> Any:
    known = {"uly": "-".join(symbol.split("-")[:2]), "ctVal": value, "ctMult": "1", "ctValCcy": of}
    return row(symbol, kind, tick, **(known | facts))


SWAP = contract("BTC-USDT-SWAP", "SWAP", "0.1", "0.01", "BTC", ctType="linear", settleCcy="USDT")
COIN = contract("BTC-USD-SWAP", "SWAP", "0.5", "100", "USD", ctType="inverse", settleCcy="BTC")
FUTURE = contract("BTC-USD-261225", "FUTURES", "1", "100", "USD", ctType="inverse",
                  settleCcy="BTC", expTime="1798185600000")  # fmt: skip
CALL = contract("BTC-USD-261225-90000-C", "OPTION", "0.0001", "0.1", "BTC", ctMult="0.1",
                settleCcy="BTC", expTime="1798185600000", stk="90000", optType="C")  # fmt: skip
MILLIONS = contract("SATS-USDT-SWAP", "SWAP", "0.00000000001", "10000000", "SATS",
                    ctType="linear", settleCcy="USDT")  # fmt: skip


def body(*rows: Any) -> bytes:
    return wire({"code": "0", "msg": "", "data": list(rows)}).encode()


def known(symbol: str, kind: Any, decimals: int | None, **facts: Any) -> Instrument:
    return inferred(symbol, kind, price_decimals=decimals, source="listing", **facts)


def test_a_listing() -> None:
    spot = row("BTC-USDT", "SPOT", "0.01", baseCcy="BTC", quoteCcy="USDT")
    at = 1798185600000 * 10**6
    assert at == expiry(2026, 12, 25)
    found = instruments_of(body(spot, SWAP, COIN, FUTURE, CALL, MILLIONS,
                                SWAP | {"tickSz": "", "optType": "C", "stk": "5"}))  # fmt: skip
    assert found == [
        known("BTC-USDT", "spot", 2, quote="USDT", contract_size=1.0),
        known("BTC-USDT-SWAP", "perpetual", 1, quote="USDT", contract_size=0.01),
        known("BTC-USD-SWAP", "perpetual", 1, contract_size=100.0, inverse=True),
        known("BTC-USD-261225", "future", 0, contract_size=100.0, inverse=True, expiry_ns=at),
        known("BTC-USD-261225-90000-C", "option", 4, contract_size=0.01, inverse=True,
              expiry_ns=at, strike=90000.0, option="call"),
        known("SATS-USDT-SWAP", "perpetual", 11, asset="SATS", quote="USDT", contract_size=1e7),
        known("BTC-USDT-SWAP", "perpetual", None, quote="USDT", contract_size=0.01),
    ]  # fmt: skip
    assert 0.1 * 0.1 != 0.01  # as floats it would not be


@pytest.mark.parametrize(
    "bad",
    [
        SWAP | {"ctVal": ""}, SWAP | {"ctVal": "0"}, SWAP | {"ctVal": "-1"}, SWAP | {"ctMult": "x"},
        SWAP | {"ctValCcy": "USDT"}, SWAP | {"ctValCcy": ""}, SWAP | {"uly": ""},
        SWAP | {"tickSz": "0"}, SWAP | {"tickSz": "1e-30"}, SWAP | {"expTime": "soon"},
        SWAP | {"instType": "EVENTS"}, SWAP | {"instId": ""}, SWAP | {"ctVal": 1},
        COIN | {"ctValCcy": "BTC"}, CALL | {"ctValCcy": "USD"}, CALL | {"stk": ""},
        CALL | {"optType": ""}, {"instId": "BTC-USDT", "instType": "SPOT"}, {}, 7, None,
    ],
)  # fmt: skip
def test_a_row_that_is_not_understood_is_left_out_alone(bad: Any) -> None:
    (only,) = instruments_of(body(bad, COIN))
    assert only.symbol == "BTC-USD-SWAP"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", Reason.not_json), (b"[]", Reason.wrong_type), (b'{"code":"0"}', Reason.missing_field),
     (b'{"code":"0","data":"x"}', Reason.wrong_type)],
)  # fmt: skip
def test_what_is_no_listing(answer: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        instruments_of(answer)
    assert refused.value.reason is reason
