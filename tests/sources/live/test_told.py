"""What a spool says of its instruments at its beginning and last, whatever was rotated or torn."""

from pathlib import Path

import msgspec
import pytest

from sources.instrument_lines import entry_of
from sources.live.spool import Spool
from sources.live.told import Told, told_in
from tests.flows.live_made import BTC, ETH, OKX_BTC
from tests.sources.live.spools import AT, SECOND, line

HEADER = {"version": 1, "venue": "v", "instruments": [entry_of(BTC), entry_of(ETH)]}
FIRST = {"BTCUSDT": entry_of(BTC), "ETHUSDT": entry_of(ETH)}
OTHER = entry_of(OKX_BTC)


def said(number: int, listed: list[object], delisted: list[str]) -> bytes:
    words = {"k": "instruments", "listed": listed, "delisted": delisted}
    return b"%d !%b\n" % (AT + number * SECOND, msgspec.json.encode(words))


def test_nothing_where_there_is_no_segment(tmp_path: Path) -> None:
    assert told_in(tmp_path / "none") is None
    (tmp_path / "c").mkdir()
    assert told_in(tmp_path / "c") is None
    (tmp_path / "c" / "c__1.log").write_bytes(b'1 !{"k":"recording","ven')  # torn
    assert told_in(tmp_path / "c") is None


def test_the_header_is_first_and_lines_are_last(tmp_path: Path) -> None:
    with Spool(tmp_path, "c", header=HEADER) as spool:
        spool.append([line(1), said(2, [{**OTHER, "connections": ["c"]}], ["ETHUSDT"]), line(3)])
        assert told_in(spool.folder) == Told(
            "v", FIRST, {"BTCUSDT": entry_of(BTC), "BTC-USDT-SWAP": OTHER}
        )
        spool.append([said(4, [], ["BTC-USDT-SWAP", "nobody"])])
        spool.append([said(5, [{**OTHER, "asset": "X"}], [])])
        told = told_in(spool.folder)
    assert told is not None
    assert told.last == {"BTCUSDT": entry_of(BTC), "BTC-USDT-SWAP": {**OTHER, "asset": "X"}}


def test_a_frame_that_speaks_so_says_nothing(tmp_path: Path) -> None:
    frame = b'%d {"x":" !{\\"k\\":\\"instruments\\""} !{"k":"instruments","delisted":["BTCUSDT"]}\n'
    with Spool(tmp_path, "c", header=HEADER) as spool:
        spool.append([line(1), frame % (AT + 2 * SECOND)])
        told = told_in(spool.folder)
    assert told is not None
    assert told.last == FIRST


def test_later_segments_begin_with_what_is_known_then(tmp_path: Path) -> None:
    with Spool(tmp_path, "c", header=HEADER, segment_s=3.0) as spool:
        spool.append([line(1), said(2, [OTHER], ["ETHUSDT"])])
        known = [entry_of(BTC), OTHER]
        spool.begin_with({**HEADER, "instruments": known})
        assert spool.header["instruments"] == known
        spool.append([line(9)])
        assert told_in(spool.folder) == Told(
            "v", FIRST, {"BTCUSDT": entry_of(BTC), "BTC-USDT-SWAP": OTHER}
        )
    assert len([*spool.folder.glob("c__*")]) == 2
    for packed in spool.folder.glob("*.zst"):
        packed.unlink()  # old ones are deleted one day
    told = told_in(spool.folder)
    assert told is not None
    assert told.first == told.last == {"BTCUSDT": entry_of(BTC), "BTC-USDT-SWAP": OTHER}


def test_a_torn_last_segment_does_not_count(tmp_path: Path) -> None:
    with Spool(tmp_path, "c", header=HEADER) as spool:
        spool.append([line(1), said(2, [], ["ETHUSDT"])])
    torn = spool.folder / f"c__{AT + 9 * SECOND}.log"
    torn.write_bytes(b'1 !{"k":"rec')
    told = told_in(spool.folder)
    assert told is not None
    assert list(told.last) == ["BTCUSDT"]


@pytest.mark.parametrize("cut", [1, 40])
def test_a_torn_last_line_does_not_count(tmp_path: Path, cut: int) -> None:
    with Spool(tmp_path, "c", header=HEADER) as spool:
        spool.append([line(1), said(2, [], ["ETHUSDT"])])
    (log,) = spool.folder.glob("*.log")
    log.write_bytes(log.read_bytes()[:-cut])
    told = told_in(spool.folder)
    assert told is not None
    assert told.last == FIRST
