"""Every shared sample frame of OKX with its reviewed meaning."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from schemas.control import Reason, Rejected, Wish
from schemas.instrument import Instrument
from sources.okx_subscribe import accepted
from tests.shared import shared_file
from tests.sources.okx_frames import listed, merged, one, seen, session, unlisted
from tests.sources.talk import MS, START, hear, shown, text, wire

SWAP = listed("BTC-USDT-SWAP", "perpetual", 1, contract_size=0.01)
MINA = listed("MINA-USDT-SWAP", "perpetual", 5, contract_size=1.0)
CELO = listed("CELO-USDT-SWAP", "perpetual", 5, contract_size=1.0)
CALL, PUT = "BTC-USD-250328-92000-C", "BTC-USD-250328-92000-P"


def sample(name: str) -> list[str]:
    """Inbound frames as they stand on the wire."""
    body = shared_file(f"frames/okx/{name}.json").read_text(encoding="utf-8")
    return [wire(frame) for frame in json.loads(body)["frames"] if frame.get("_dir") != "client"]


def quote(symbol: str, iv: tuple[float, float, float], delta: float) -> Any:
    bid, ask, mark = iv
    return one(
        symbol, "quote", venue_ns=1711612800000 * MS, bid_iv=bid, ask_iv=ask, mark_iv=mark,
        underlying_px=92150.50, delta=delta, gamma=0.0000134, vega=0.0038, theta=-0.0015,
    )  # fmt: skip


SAMPLES: Mapping[str, tuple[Instrument | None, list[Any], dict[str, int]]] = {
    "bbo-tbt": (None, [
        seen("BTC-USDT"),
        one("BTC-USDT", "top", venue_ns=1597026383085 * MS, id=-1, bid_px=8476.97, bid_sz=256.0,
            ask_px=8476.98, ask_sz=415.0)], {}),
    "books": (None, [
        seen("SOL-USDT", decimals=2),
        one("SOL-USDT", "book", 1, 1, 1, 1, 2, 2,
            venue_ns=(1790394877200 * MS,) * 4 + (1790394877300 * MS,) * 2,
            first_id=32032594283, last_id=(32032594283,) * 4 + (32032594315,) * 2,
            side=(1, 1, -1, -1, 1, -1), px_ticks=(12066, 12065, 12067, 12068, 12066, 12067),
            size=(28.448458, 46.716665, 90.475897, 83.806786, 0.0, 60.475897),
            is_snapshot=(1, 1, 1, 1, 0, 0))], {}),
    "funding-rate": (None, [
        seen("BTC-USDT-SWAP"),
        one("BTC-USDT-SWAP", "mark", venue_ns=1700724675402 * MS, interval_h=8.0,
            funding_rate=0.0001875391284828, next_funding_ns=1700726400000 * MS)], {}),
    "mark-price": (None, [
        seen("BTC-USDT-SWAP"),
        one("BTC-USDT-SWAP", "mark", venue_ns=1762079224447 * MS, mark=110562.0)], {}),
    "open-interest": (None, [
        seen("BTC-USDT-SWAP"),
        one("BTC-USDT-SWAP", "mark", venue_ns=1743041250440 * MS, oi_base=22161.1301000000309)],
        {}),
    "liquidation-orders": (MINA, [
        one("MINA-USDT-SWAP", "liquidation", venue_ns=1789678209470 * MS, px=0.09859,
            size_base=10975.0, position_side=-1, thinned=1)],
        {"assumed:liquidations_thinned": 1}),
    "opt-summary": (None, [
        seen(CALL), seen(PUT),
        quote(CALL, (0.52, 0.55, 0.53), 0.5312), quote(PUT, (0.50, 0.54, 0.52), -0.4688)], {}),
    "subscribe": (None, [], {"control": 1, "error": 1, "notice:64008": 1}),
    "trades": (SWAP, [
        one("BTC-USDT-SWAP", "trade", venue_ns=1786540435948 * MS, id=2832749635, px=63913.5,
            size_base=0.01, taker=1)], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample(name: str) -> None:
    known, expected, counted = SAMPLES[name]
    made = unlisted() if known is None else session(known)
    assert merged(hear(made, text(*sample(name)))) == expected
    assert +made.counts == counted


@pytest.mark.parametrize("name", ["trades", "liquidation-orders"])
def test_contracts_of_unknown_size_are_refused_and_the_listing_is_wished_for(name: str) -> None:
    known, _, _ = SAMPLES[name]
    assert known is not None
    url = f"https://www.okx.com/api/v5/public/instruments?instType=SWAP&instId={known.symbol}"
    detail = f"how much a contract of {known.symbol} is, is not known"
    (frame,) = sample(name)
    assert hear(unlisted(), text(frame)) == [
        Wish(known.name, url, "no_metadata"),
        Rejected("c", 1, START, START, Reason.no_metadata, detail, frame[:500]),
    ]


def test_the_sample_listing() -> None:
    (body,) = sample("instruments_swap_rest")
    made = unlisted()
    url = "https://www.okx.com/api/v5/public/instruments?instType=SWAP"
    assert hear(made, text(f"@{url} {body}")) == []
    assert made.known == {
        "BTC-USD-SWAP": listed("BTC-USD-SWAP", "perpetual", 1, contract_size=100.0, inverse=True),
        "ETH-USDT-SWAP": listed("ETH-USDT-SWAP", "perpetual", 2, contract_size=0.1),
    }
    assert made.instruments() == {}  # none of them has spoken


def test_every_sample_is_reviewed() -> None:
    names = {path.stem for path in shared_file("frames/okx").iterdir()}
    assert names == {*SAMPLES, "instruments_swap_rest"}


def test_the_sample_answers_to_a_subscription() -> None:
    acknowledged, refused, notice = map(str.encode, sample("subscribe"))
    (about,) = (a for a in [accepted(acknowledged)] if a is not None)
    assert (about.confirmed, about.refused) == (["books:BTC-USDT-SWAP"], [])
    (about,) = (a for a in [accepted(refused)] if a is not None)
    ((channel, reason),) = about.refused
    assert (about.confirmed, channel) == ([], "books:FOO")
    assert reason.startswith("60018 Wrong URL or channel")
    assert accepted(notice) is None


def test_the_forced_orders_of_october_2026() -> None:
    path = shared_file("data/liquidations/liquidation_frames_2026-10.jsonl")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    frames = [line["raw"] for line in lines if line["venue"] == "okx"]
    items = hear(session(SWAP, CELO), text(*frames))
    assert list(map(shown, items)) == [
        one("BTC-USDT-SWAP", "liquidation", 1, venue_ns=1791565600771 * MS, px=82655.7,
            size_base=8.55 * 0.01, position_side=1, thinned=1),
        one("CELO-USDT-SWAP", "liquidation", 2, venue_ns=1791565462608 * MS, px=0.09583,
            size_base=19979.0, position_side=-1, thinned=1),
    ]  # fmt: skip
