"""What a file holds, from its first lines: venue, instruments, kinds of fill, turnover."""

from pathlib import Path

import msgspec
import pytest

from schemas.errors import UsageError
from schemas.instrument import Instrument
from sources import listing
from sources.binance_assumed import UsdmAssumed
from sources.listing import Listing, scan_listing
from tests.shared import shared_file
from tests.sources.talk import (
    SPOT,
    START,
    USDM,
    answer,
    as_is,
    depth,
    instrument,
    text,
    trade,
    wire,
)

HEADER = {"k": "recording", "version": 1, "venue": USDM}
ENTRY = {"symbol": "BTCUSDT", "asset": "XBT", "quote": "USDT", "kind": "perpetual",
         "price_decimals": 1, "funding_interval_h": 4.0, "unknown": [1]}  # fmt: skip


def saved(tmp_path: Path, data: bytes, name: str = f"{USDM}__x.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_a_foreign_file(tmp_path: Path) -> None:
    agg = trade(5, "10.0", kind="aggTrade", symbol="ETHUSDT")
    said = [trade(1, "100.50"), trade(2, "100.50"), agg, depth(1, 2, 0), '{"result":null}']
    data = b"no stamp\n" + text(*said)
    path = saved(tmp_path, data)
    assert scan_listing(path, None, as_is) == Listing(
        path=str(path), connection=f"{USDM}__x", venue=USDM, foreign=True, first_ns=START,
        first_line=b"no stamp\n",
        instruments=(instrument(USDM, "BTCUSDT", 2), instrument(USDM, "ETHUSDT", 1)),
        single_fills=("binance-usdm:BTCUSDT",),
        turnover_usd={"binance-usdm:BTCUSDT": 402.0, "binance-usdm:ETHUSDT": 20.0},
        assumed=UsdmAssumed(),
    )  # fmt: skip


def test_our_own_file_says_what_it_is(tmp_path: Path) -> None:
    header = "!" + wire(HEADER | {"instruments": [ENTRY]})
    path = saved(tmp_path, text(header, trade(1, "7.25", symbol="NEWUSDT")), "mine.txt")

    def refine(found: Instrument) -> Instrument:
        return msgspec.structs.replace(found, inverse=found.asset == "XBT")

    found = scan_listing(path, None, refine)
    assert (found.venue, found.foreign, found.connection) == (USDM, False, "mine")
    listed = Instrument(
        name="binance-usdm:BTCUSDT", asset="XBT", quote="USDT", kind="perpetual",
        price_decimals=1, funding_interval_h=4.0, source="recording", inverse=True,
    )  # fmt: skip
    assert found.instruments == (listed,)  # what comes later was unlisted in that run too
    plain = saved(tmp_path, text(trade(1, "7.25", symbol="NEWUSDT")), f"{USDM}__plain.txt")
    assert scan_listing(plain, None, refine).instruments == (instrument(USDM, "NEWUSDT", 2),)


def test_the_venue_is_the_settings_else_the_name_s_else_the_header_s(tmp_path: Path) -> None:
    data = text("!" + wire(HEADER), trade(1))
    assert scan_listing(saved(tmp_path, data, f"{SPOT}__x.txt"), None, as_is).venue == SPOT
    assert scan_listing(saved(tmp_path, data, f"{USDM}__x.txt"), SPOT, as_is).venue == SPOT
    assert scan_listing(saved(tmp_path, data, "x.txt"), None, as_is).venue == USDM
    segment = saved(tmp_path, data, f"{USDM}-public__1700.txt")
    assert scan_listing(segment, None, as_is).venue == USDM


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("x.txt", text(trade(1)), "{}: no venue in its name (<venue>__<label>.gz) or first line; "
                                  "give --venue"),
        ("nowhere__x", text(trade(1)), 'unknown venue "nowhere": valid are binance-coinm, '
                                       "binance-spot, binance-usdm, bybit-linear, "
                                       "coinbase-advanced, deribit, hyperliquid, okx, pyth"),
        (f"{USDM}__x", b"a\nb\n", "{}: no line begins with a stamp; is it a recording?"),
        (f"{USDM}__x", b"12 {",
         "{}: ends in the middle of line 1, which is left unread, there is nothing to replay"),
        (f"{USDM}__x", b"", "{}: is empty, there is nothing to replay"),
        ("x", text("!" + wire(HEADER | {"instruments": [ENTRY | {"kind": "bond"}]})),
         "the recording's list of instruments is wrong: Invalid enum value 'bond' - at `$.kind`"),
        ("x", text("!" + wire(HEADER | {"instruments": [{"symbol": "A"}]})),
         "the recording's list of instruments is wrong: Object missing required field `asset`"),
    ],
)  # fmt: skip
def test_nothing_to_use(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    path = saved(tmp_path, data, name)
    with pytest.raises(UsageError) as error:
        scan_listing(path, None, as_is)
    assert str(error.value) == sentence.format(path)


def test_only_the_first_lines_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SCANNED_LINES", 100)
    monkeypatch.setattr("sources.recording.BLOCK", 1_000)
    said = [trade(k, "1.5", symbol=f"S{k}USDT") for k in range(300)]
    found = scan_listing(saved(tmp_path, text(*said)), None, as_is)
    names = [f"binance-usdm:S{k}USDT" for k in range(100)]
    assert [i.name for i in found.instruments] == sorted(names)
    assert found.single_fills == tuple(sorted(names))
    assert found.turnover_usd == dict.fromkeys(names, 3.0)


def test_a_symbol_known_by_its_snapshot_only(tmp_path: Path) -> None:
    found = scan_listing(saved(tmp_path, text(answer(5, [("1.125", "1")]))), None, as_is)
    assert found.instruments == (instrument(USDM, "BTCUSDT", 3),)


def test_a_cut_off_file_is_listed_as_far_as_it_goes(tmp_path: Path) -> None:
    data = text(trade(1), trade(2))
    found = scan_listing(saved(tmp_path, data[:-20]), None, as_is)
    assert found.turnover_usd == {"binance-usdm:BTCUSDT": 200.0}


@pytest.mark.parametrize(
    ("name", "venue", "decimals", "first_ns"),
    [("binance-usdm__btcusdt-2024-08-08", USDM, 2, 1723161255030314667),
     ("binance-usdm__btcusdt-2023-04-04", USDM, 2, 1680652700423575000),
     ("binance-spot__btcusdt-2023-04-05", SPOT, 8, 1680652800004107000)],
)  # fmt: skip
def test_real_recordings(name: str, venue: str, decimals: int, first_ns: int) -> None:
    found = scan_listing(shared_file(f"data/captures/{name}.gz"), None, as_is)
    assert (found.connection, found.venue, found.foreign) == (name, venue, True)
    assert found.instruments == (instrument(venue, "BTCUSDT", decimals),)
    assert found.single_fills == (f"{venue}:BTCUSDT",)
    assert found.first_ns == first_ns
