"""Spools whose connections tell of a delisting on both sides of a grid time, replayed."""

from pathlib import Path

import pytest

from flows.live_inputs import header_of
from schemas.settings import RegimeSettings
from sources.instrument_lines import entry_of
from sources.live.spool import Spool
from tests.flows.collected import Collected, collected
from tests.flows.live_made import BTC, ETH, USDM
from tests.flows.test_listings_replayed import MARKET, PUBLIC, Book, told
from tests.sources.talk import MS, START, trade

LATER = 700  # ms that one connection tells of it after the other


def replayed(folder: Path, first: str, chunk_frames: int) -> Collected:
    """Both members are there from the beginning; ETH is delisted after 7.2 s."""
    books = [Book("BTCUSDT", "30000.0"), Book("ETHUSDT", "2000.00")]
    public = [(0, '!{"k":"open"}'), *((5, line) for book in books for line in book.whole())]
    market = [(3, '!{"k":"open"}')]
    for ms in range(20, 12_000, 50):
        public += [(ms, book.next(ms)) for book in books]
        market += [(ms + 6, trade(ms, "30000.5", kind="aggTrade"))]
    for name, lines in ((PUBLIC, public), (MARKET, market)):
        lines.append((7_201 if name == first else 7_201 + LATER, told(delisted=("ETHUSDT",))))
        lines.sort(key=lambda entry: entry[0])
        header = header_of(USDM, [entry_of(BTC), entry_of(ETH)], [BTC.name, ETH.name])
        with Spool(folder, name, header=header) as one:
            one.append([b"%d %s\n" % (START + at * MS, line.encode()) for at, line in lines])
    return collected(
        [folder / PUBLIC, folder / MARKET],
        chunk_frames=chunk_frames,
        regime=RegimeSettings(step_s=1.0),
    )


@pytest.mark.parametrize("first", [PUBLIC, MARKET])
def test_the_last_tick_is_after_the_later_line_and_the_regime_goes_on(
    tmp_path: Path, first: str
) -> None:
    found = replayed(tmp_path / "whole", first, 4096)
    times = [(tick.ts - START) // MS for tick in found.of("ticks", ETH.name)]
    assert times == list(range(250, 8_001, 250))
    market = {(row.ts - START) // MS: row.members for row in found.of("regimes", "market")}
    assert market[8_000] == 2
    assert market[11_000] == 1
    assert replayed(tmp_path / "one", first, 1).rows == found.rows
    assert replayed(tmp_path / "seven", first, 7).rows == found.rows
