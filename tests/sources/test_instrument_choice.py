"""Choosing by name, pattern and volume; what is wrong is told at once; what has changed."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.errors import UsageError
from schemas.instrument import Instrument, infer
from sources.instrument_choice import Changes, choose, differences, is_pattern, matching, same
from sources.instruments import Catalogue


def made(symbol: str, **more: Any) -> Instrument:
    return replace(infer("v", symbol, "perpetual", 2), source="listing", **more)


def catalogue(*symbols: str, **turnover: float) -> Catalogue:
    return Catalogue("v", 0, tuple(made(s) for s in sorted(symbols)), turnover)


ALL = catalogue("BTCUSDT", "BTCUSDC", "ETHUSDT", "kPEPEUSDT", "SOLUSDT", "btc_usd",
                BTCUSDT=9e9, ETHUSDT=5e9, SOLUSDT=5e9, BTCUSDC=0.0)  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "top", "symbols"),
    [
        (["BTCUSDT"], None, ["BTCUSDT"]),
        (["SOLUSDT", "BTCUSDT", "SOLUSDT"], None, ["BTCUSDT", "SOLUSDT"]),
        (["BTC*"], None, ["BTCUSDC", "BTCUSDT", "btc_usd"]),
        (["btc*"], None, ["BTCUSDC", "BTCUSDT", "btc_usd"]),
        (["*usd?"], None, ["BTCUSDC", "BTCUSDT", "ETHUSDT", "SOLUSDT", "kPEPEUSDT"]),
        (["[es]*"], None, ["ETHUSDT", "SOLUSDT"]),
        (["KPEPE*"], None, ["kPEPEUSDT"]),
        ([], 1, ["BTCUSDT"]),
        ([], 2, ["BTCUSDT", "ETHUSDT"]),  # a tie goes by symbol
        ([], 99, ["BTCUSDT", "ETHUSDT", "SOLUSDT"]),  # nothing was traded of the others
        (["kPEPEUSDT", "btc_*"], 1, ["BTCUSDT", "btc_usd", "kPEPEUSDT"]),
    ],
)
def test_what_is_chosen(wanted: list[str], top: int | None, symbols: list[str]) -> None:
    assert [i.symbol for i in choose(ALL, wanted, top)] == symbols


@pytest.mark.parametrize(
    ("wanted", "symbols"),
    [
        ([], []),
        (["XYZ*", "XYZ", "btcusdt"], []),  # nothing is a mistake here; a name has its own case
        (["SOLUSDT", "btc*", "BTCUSDT"], ["BTCUSDC", "BTCUSDT", "SOLUSDT", "btc_usd"]),
    ],
)
def test_what_matches(wanted: list[str], symbols: list[str]) -> None:
    assert matching(ALL, wanted) == symbols


def test_what_told_it_makes_no_other_instrument() -> None:
    one = made("BTCUSDT")
    assert same(one, replace(one, source="inferred"))
    assert not same(one, replace(one, price_decimals=3))


def test_everything_that_chooses_nothing_is_told_at_once() -> None:
    with pytest.raises(UsageError) as error:
        choose(ALL, ["btcusdt", "BTCUSDT", "BTCSUDT", "XYZ*", "QQQQQQQ"], 1)
    assert str(error.value).splitlines() == [
        'v: unknown instrument "btcusdt", did you mean "BTCUSDT"?',
        'v: unknown instrument "BTCSUDT", did you mean "BTCUSDT"?',
        'v: no instrument is called "XYZ*", there are 6, such as BTCUSDT, ETHUSDT, SOLUSDT',
        'v: unknown instrument "QQQQQQQ", there are 6, such as BTCUSDT, ETHUSDT, SOLUSDT',
    ]


def test_without_volumes_there_is_no_most_traded() -> None:
    with pytest.raises(UsageError, match="v says of nothing how much of it was traded"):
        choose(catalogue("A", "B"), ["A"], 3)
    with pytest.raises(UsageError, match='unknown instrument "QQQ", there are 2, such as A, B'):
        choose(catalogue("A", "B"), ["QQQ"])


def test_patterns() -> None:
    assert [is_pattern(name) for name in ("BTC", "B*", "B?C", "B[TC]", "kPEPE", "")] == [
        False, True, True, True, False, False,
    ]  # fmt: skip


def test_what_has_changed_between_two_listings() -> None:
    before = Catalogue("v", 0, (made("A"), made("B"), made("C", contract_size=100.0)), {})
    after = Catalogue(
        "v",
        1,
        (made("B"), replace(made("C", contract_size=10.0), source="recording"), made("D")),
        {"B": 5.0},
    )
    assert differences(before, after) == Changes(
        (made("D"),), (made("A"),), ((before.instruments[2], after.instruments[1]),)
    )
    same = Catalogue("v", 2, tuple(replace(i, source="settings") for i in before.instruments), {})
    assert differences(before, same) == Changes((), (), ())
