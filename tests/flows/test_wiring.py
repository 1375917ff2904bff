"""What a replay is built from: inputs scanned, members chosen, one truth per instrument."""

import json
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from flows.settings import numbers_hash
from flows.wiring import agreed, default_members, refine_with, wire
from schemas.errors import UsageError
from schemas.instrument import Instrument, infer
from schemas.settings import (
    GridSettings,
    InstrumentSettings,
    RegimeSettings,
    Settings,
    SourceSettings,
)
from sources.listing import Listing, Window, open_listed
from tests.flows.collected import collected
from tests.flows.excerpt import write_lines

S = 1_000_000_000
T = 1_700_000_000 * S
BTC, ETH = "binance-usdm:BTCUSDT", "binance-usdm:ETHUSDT"


def perpetual(symbol: str, decimals: int | None = 1) -> Instrument:
    return infer("binance-usdm", symbol, "perpetual", decimals)


def listing(
    connection: str, *instruments: Instrument, first_line: bytes = b"", **fields: Any
) -> Listing:
    given: dict[str, Any] = {"single_fills": (), "turnover_usd": {}} | fields
    return Listing(
        path=f"{connection}.gz", connection=connection, venue="binance-usdm", foreign=True,
        first_ns=1, first_line=first_line, instruments=instruments, **given,
    )  # fmt: skip


def trade(at_s: float, symbol: str, px: str, kind: str = "trade", size: str = "1") -> bytes:
    number = {"t": 1} if kind == "trade" else {"a": 1}
    frame = {"e": kind, "E": 1, "s": symbol, **number, "p": px, "q": size, "m": False}
    return b"%d %s\n" % (T + round(at_s * S), json.dumps({"data": frame}).encode())


def depth(at_s: float, px: str, ids: tuple[int, int, int]) -> bytes:
    first, last, before = ids
    frame = {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": first, "u": last, "pu": before}
    return b"%d %s\n" % (
        T + round(at_s * S),
        json.dumps({"data": {**frame, "b": [[px, "1"]], "a": []}}).encode(),
    )


def answer(at_s: float, last: int, bid: str, ask: str) -> bytes:
    body = {"lastUpdateId": last, "bids": [[bid, "2"]], "asks": [[ask, "3"]]}
    url = b"@https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT"
    return b"%d %s %s\n" % (T + round(at_s * S), url, json.dumps(body).encode())


def clock(at_s: float) -> bytes:
    return b'%d !{"k":"clock"}\n' % (T + round(at_s * S))


# -- members ----------------------------------------------------------------------------------


def test_members_are_the_busiest_perpetual_of_each_asset() -> None:
    spot = infer("binance-spot", "BTCUSDT", "spot", 2)
    future = infer("binance-usdm", "ETHUSDT_261225", "perpetual", 2)
    assert future.kind == "future"
    busd, usdt, eth = (perpetual(name) for name in ("BTCBUSD", "BTCUSDT", "ETHUSDT"))
    listings = [
        listing("a", spot, busd, eth, turnover_usd={spot.name: 1e9, busd.name: 60.0}),
        listing("b", future, usdt, turnover_usd={future.name: 1e9, usdt.name: 30.0}),
        listing("c", usdt, turnover_usd={usdt.name: 31.0}),  # 61 in all
    ]
    assert default_members(listings) == [usdt.name, eth.name]
    tied = [listing("a", busd, usdt, turnover_usd={})]
    assert default_members(tied) == [busd.name]  # by name
    assert default_members([listing("a", spot)]) == []


# -- one truth per instrument -----------------------------------------------------------------


def test_connections_agree_on_the_finest_scale_and_on_fills() -> None:
    coarse, fine, unknown = (perpetual("BTCUSDT", d) for d in (1, 2, None))
    eth = perpetual("ETHUSDT", None)
    listings = [
        listing("a", coarse, eth),
        listing("b", fine, single_fills=(BTC,)),
        listing("c", unknown),
    ]
    expected = [
        listing("a", fine, eth, single_fills=(BTC,)),
        listing("b", fine, single_fills=(BTC,)),
        listing("c", fine, single_fills=(BTC,)),
    ]
    assert agreed(listings) == tuple(expected)
    assert agreed(listings[::-1]) == tuple(expected[::-1])


def test_a_coarser_connection_does_not_change_the_prices_of_the_book(tmp_path: Path) -> None:
    """Book prices with one decimal, fills of another connection with two."""
    book = [depth(0.1, "100.5", (1, 5, 0)), answer(0.2, 5, "100.5", "100.7"), clock(2)]
    for number, name in enumerate(("a", "z")):
        fills = [clock(0.1), trade(0.3, "BTCUSDT", "100.55"), clock(2)]
        files = [
            write_lines(book, tmp_path / str(number) / "binance-usdm__m.gz"),
            write_lines(fills, tmp_path / str(number) / f"binance-usdm__{name}.gz"),
        ]
        tick = collected(files, grid="1s").of("ticks")[0]
        assert (tick.bid_px, tick.ask_px, tick.last_trade_px) == (100.5, 100.7, 100.55)


def test_fills_are_not_taken_twice_from_two_connections(tmp_path: Path) -> None:
    singles = [trade(0.1, "BTCUSDT", "100.5"), trade(0.2, "BTCUSDT", "100.5"), clock(2)]
    together = [trade(0.15, "BTCUSDT", "100.5", "aggTrade", "2"), clock(2)]
    files = [
        write_lines(lines, tmp_path / f"binance-usdm__{name}.gz")
        for name, lines in (("a", singles), ("b", together))
    ]
    (first, *_) = collected(files, grid="1s").of("ticks")
    assert (first.buy_usd, first.buy_count) == (201.0, 2)
    (alone, *_) = collected(files[1:], grid="1s").of("ticks")
    assert (alone.buy_usd, alone.buy_count) == (201.0, 1)


# -- settings over what is inferred -----------------------------------------------------------


def test_settings_lie_over_what_is_inferred() -> None:
    refine = refine_with(
        [InstrumentSettings(name=BTC, asset="XBT", funding_interval_h=4.0, price_decimals=3)]
    )
    plain = perpetual("BTCUSDT")
    assert refine(plain) == replace(
        plain, asset="XBT", funding_interval_h=4.0, price_decimals=3, source="settings"
    )
    assert refine(perpetual("ETHUSDT")) == perpetual("ETHUSDT")
    assert refine_with([])(plain) is plain


# -- the whole wiring -------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    one = [trade(0.1, "BTCUSDT", "100.5"), trade(0.2, "ETHUSDT", "10.05"), clock(3)]
    other = [trade(0.5, "BTCUSDT", "100.50"), clock(3)]
    return [
        write_lines(one, tmp_path / "binance-usdm__one.gz"),
        write_lines(other, tmp_path / "other.gz"),
    ]


def test_a_whole_wiring(files: list[Path]) -> None:
    settings = Settings(
        source=[
            SourceSettings(files=[str(files[0])]),
            SourceSettings(files=[str(files[1])], venue="binance-usdm"),
        ],
        instrument=[InstrumentSettings(name=ETH, funding_interval_h=8.0)],
    )
    wiring = wire(settings)
    btc = perpetual("BTCUSDT", 2)
    eth = replace(perpetual("ETHUSDT", 2), funding_interval_h=8.0, source="settings")
    one, other = wiring.listings
    assert (one.connection, one.instruments, one.first_ns) == (
        "binance-usdm__one", (btc, eth), T + S // 10
    )  # fmt: skip
    assert (other.connection, other.instruments) == ("other", (btc,))
    assert (one.single_fills, other.single_fills) == ((BTC, ETH), (BTC,))
    assert wiring.connections_of == {BTC: ("binance-usdm__one", "other"), ETH: (one.connection,)}
    assert wiring.members == (BTC, ETH)
    assert wiring.settings_hash == numbers_hash(settings)
    assert wiring.code_version == version("seawall")
    first = trade(0.1, "BTCUSDT", "100.5")
    assert wiring.first_line_hash(one.connection) == blake2b(first, digest_size=16).hexdigest()


def test_members_of_the_settings_come_first(files: list[Path]) -> None:
    source = [SourceSettings(files=[str(files[0])])]
    regime = RegimeSettings(members=[ETH])
    assert wire(Settings(source=source, regime=regime)).members == (ETH,)
    grid = Settings(source=source, grid=GridSettings(interval="1s"))
    assert wire(grid).settings_hash != wire(Settings(source=source)).settings_hash


def test_an_input_without_a_venue_is_refused(files: list[Path]) -> None:
    with pytest.raises(UsageError, match="give --venue"):
        wire(Settings(source=[SourceSettings(files=[str(files[1])])]))


def test_members_and_window_of_a_recording_of_ours(tmp_path: Path) -> None:
    told = b'!{"k":"recording","venue":"binance-usdm","members":["%s"]}' % ETH.encode()
    lines = [b"%d %s\n" % (T, told)]
    lines += [trade(second, "BTCUSDT", "100.5") for second in (1.0, 2.0, 3.0)]
    path = write_lines(lines, tmp_path / "ours.gz")
    settings = Settings(source=[SourceSettings(files=[str(path)])])
    assert wire(settings).members == (ETH,)
    (listing,) = wire(settings, Window(T + 2 * S, T + 3 * S)).listings
    recording = open_listed(listing)
    assert [len(lines) for lines in recording.blocks(recording.lines_before + 1)] == [1]
    assert (listing.first_ns, recording.lines_before) == (T + 2 * S, 2)
