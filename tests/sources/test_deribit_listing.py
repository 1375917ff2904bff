"""Deribit's REST listing, and what a session does with it."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.control import Reason
from schemas.instrument import Instrument
from sources.deribit_instruments import infer
from sources.deribit_listing import instrument_of, instruments_of
from sources.wire_numbers import Refused
from tests.shared import shared_file
from tests.sources.deribit_frames import LINEAR, OPTION, PERP, book, fresh, rows, words
from tests.sources.talk import hear, text, wire

URL = "@https://www.deribit.com/api/v2/public/get_instruments?currency=any&kind=any"
MS = 1_000_000
FAR = 32503708800000  # what perpetuals and spot have for an expiry
JUN26 = 1782460800000  # 2026-06-26 08:00 UTC


def entry(symbol: str, kind: str, tick: str, contract: str, **more: Any) -> dict[str, Any]:
    base = symbol.partition("-")[0].partition("_")[0]
    sizes = {"tick_size": json.loads(tick), "contract_size": json.loads(contract)}
    names = {"instrument_name": symbol, "kind": kind, "base_currency": base}
    others = {"expiration_timestamp": FAR, "instrument_type": "linear", "is_active": True}
    return names | sizes | others | more


LISTED = [
    entry(PERP, "future", "0.5", "10", settlement_period="perpetual", instrument_type="reversed",
          counter_currency="USD", quote_currency="USD", tick_size_steps=[]),
    entry(LINEAR, "future", "0.01", "0.1", settlement_period="perpetual", counter_currency="USDC"),
    entry("BTC-26JUN26", "future", "2.5", "10.0", settlement_period="month",
          instrument_type="reversed", expiration_timestamp=JUN26, tick_size_steps=None),
    entry("ETH-26JUN26", "future", "5.0", "1", instrument_type=None, expiration_timestamp=JUN26),
    entry(OPTION, "option", "0.0001", "1", settlement_period="month", instrument_type="reversed",
          option_type="put", strike=4000.0, expiration_timestamp=JUN26, counter_currency="USD",
          tick_size_steps=[{"above_price": 0.005, "tick_size": 0.0005}]),
    entry("XRP_USDC-26JUN26-0d55-C", "option", "0.01", "1000", option_type="call", strike=0.55,
          expiration_timestamp=JUN26, tick_size_steps=[{"tick_size": 1e-05}]),
    entry("ETH_BTC", "spot", "0.0001", "0.0001", counter_currency="BTC"),
    entry("BTC-FS-26JUN26_PERP", "future_combo", "0.5", "10"),
    entry("BTC-26JUN26-PERHAPS", "option", "0.5", "10", instrument_type="quanto"),
]  # fmt: skip


def listed(
    symbol: str, asset: str, quote: str, kind: Any, decimals: int, **more: Any
) -> Instrument:
    return Instrument(
        name=f"deribit:{symbol}", asset=asset, quote=quote, kind=kind, price_decimals=decimals,
        source="listing", **more,
    )  # fmt: skip


EXPECTED = [
    listed(PERP, "BTC", "USD", "perpetual", 1, inverse=True, contract_size=10.0,
           funding_interval_h=8.0),
    listed(LINEAR, "SOL", "USDC", "perpetual", 2, contract_size=0.1, funding_interval_h=8.0),
    listed("BTC-26JUN26", "BTC", "USD", "future", 1, inverse=True, contract_size=10.0,
           expiry_ns=JUN26 * MS),
    listed("ETH-26JUN26", "ETH", "USD", "future", 0, inverse=True, expiry_ns=JUN26 * MS),
    listed(OPTION, "ETH", "USD", "option", 4, inverse=True, strike=4000.0, option="put",
           expiry_ns=JUN26 * MS),
    listed("XRP_USDC-26JUN26-0d55-C", "XRP", "USDC", "option", 5, contract_size=1000.0,
           strike=0.55, option="call", expiry_ns=JUN26 * MS),
    listed("ETH_BTC", "ETH", "BTC", "spot", 4, contract_size=0.0001),
]  # fmt: skip


def body(result: Any) -> bytes:
    return wire({"jsonrpc": "2.0", "result": result, "usIn": 1, "testnet": False}).encode()


def test_the_listing() -> None:
    assert instruments_of(body(LISTED)) == EXPECTED


def test_one_instrument() -> None:
    assert instrument_of(body(LISTED[4])) == [EXPECTED[4]]
    assert instrument_of(body(LISTED[7])) == []


def test_a_listing_says_what_the_names_say() -> None:
    known = {"price_decimals": None, "contract_size": 1.0, "source": "inferred"}
    assert [replace(i, **known) for i in EXPECTED] == [infer(i.symbol) for i in EXPECTED]


def test_the_shared_answers() -> None:
    found = []
    for name in ("instrument_perpetual_rest", "instrument_option_rest"):
        frames = json.loads(shared_file(f"frames/deribit/{name}.json").read_bytes())["frames"]
        assert len(frames) == 1
        found += instrument_of(json.dumps(frames[0]).encode())
    assert found == [
        listed("BTC-PERPETUAL", "BTC", "USD", "perpetual", 1, inverse=True, contract_size=10.0,
               funding_interval_h=8.0),
        listed("BTC-27DEC24-100000-C", "BTC", "USD", "option", 4, inverse=True, strike=100000.0,
               option="call", expiry_ns=1735300800000 * MS),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tick_size": 0}, Reason.bad_price),
        ({"tick_size": "0.5"}, Reason.bad_price),
        ({"tick_size": 1e-20}, Reason.price_scale),
        ({"contract_size": 0}, Reason.bad_price),
        ({"contract_size": None}, Reason.bad_price),
        ({"strike": None}, Reason.bad_price),
        ({"option_type": None}, Reason.missing_field),
        ({"option_type": "both"}, Reason.wrong_type),
        ({"expiration_timestamp": None}, Reason.missing_field),
        ({"expiration_timestamp": FAR}, Reason.bad_time),
        ({"base_currency": 5}, Reason.wrong_type),
    ],
)
def test_a_wrong_entry_refuses_the_answer(change: Any, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        instruments_of(body([LISTED[4] | change]))
    assert refused.value.reason is reason


def answer(result: Any, url: str = URL) -> str:
    return f"{url} {body(result).decode()}"


def test_a_session_learns_from_a_recorded_answer() -> None:
    session = fresh()
    snapshot = book(5, None, [["new", 50000.5, 20000]])
    items = hear(session, text(answer(LISTED), snapshot))
    assert words(items) == [("seen", 2, PERP, 1)]
    assert rows(items)[0][6:9] == (1, 500005, 20000 / 50000.5)
    assert session.instruments() == {EXPECTED[0].name: EXPECTED[0]}
    assert dict(session.counts) == {}


def test_a_scale_that_was_told_stays() -> None:
    session = fresh()
    snapshot, change = book(5, None, [["new", 50000.5, 20000]]), book(6, 5, [["new", 50001, 9]])
    items = hear(session, text(snapshot, answer(LISTED), change))
    assert words(items) == [("seen", 1, PERP, 2), ("seen", 3, PERP, 2)]
    assert [row[7] for row in rows(items)] == [5000050, 5000100]
    kept = replace(EXPECTED[0], price_decimals=2)
    assert session.instruments() == {kept.name: kept}
    assert dict(session.counts) == {}


@pytest.mark.parametrize(
    ("line", "counts", "said"),
    [
        (answer([], "@https://h/api/v2/public/get_time"), {"unknown:get_time": 1}, []),
        (answer(LISTED[0], "@https://h/api/v2/public/get_instrument?instrument_name=A"), {}, []),
        (f'{URL} {{"error":{{"code":10028,"message":"too_many_requests"}}}}', {"error": 1}, []),
        (f"{URL} {{}}", {}, [("rejected", 1, "missing_field")]),
        (f'{URL} {{"result":[{{"kind"', {}, [("rejected", 1, "not_json")]),
        (answer([LISTED[4] | {"strike": -1}]), {}, [("rejected", 1, "bad_price")]),
    ],
)
def test_other_answers(line: str, counts: Any, said: Any) -> None:
    session = fresh()
    assert words(hear(session, text(line))) == said
    assert dict(session.counts) == counts
