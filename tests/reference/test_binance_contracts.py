"""The plain arithmetic of contracts against numbers worked out by hand."""

import json
from decimal import Decimal

from tests.reference.binance_contracts import coins, rows_of

USD = {"BTCUSD_PERP": 100.0, "ETHUSD_PERP": 10.0}


def test_by_hand() -> None:
    assert coins("5", 100.0, "50000") == 0.01  # 500 USD of a coin of 50,000 USD
    assert coins("320", 10.0, "3200.00") == 1.0
    assert coins("0", 100.0, "0.1") == 0.0


def test_against_exact_decimals() -> None:
    for contracts in range(1, 5000, 77):
        for px in ("61800.1", "0.07215", "3170.15"):
            exact = Decimal(contracts) * 100 / Decimal(px)
            assert abs(Decimal(coins(str(contracts), 100.0, px)) / exact - 1) < Decimal("4e-16")


def test_an_open_interest_takes_the_mark_before_it() -> None:
    def mark(px: str) -> str:
        return json.dumps({"e": "markPriceUpdate", "s": "ETHUSD_PERP", "p": px})

    interest = '@https://h/openInterest?symbol=E {"openInterest":"400","symbol":"ETHUSD_PERP"}'
    said = [interest, mark("2000"), interest, mark("4000"), mark("1000"), interest]
    assert rows_of(said, USD) == [("oi", "ETHUSD_PERP", 3, 2.0), ("oi", "ETHUSD_PERP", 6, 4.0)]
