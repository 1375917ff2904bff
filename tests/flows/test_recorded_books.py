"""Our book equals the venue's own ticker after every depth frame of the recordings.

Also what the book says of itself: how many frames it could compare on the way, and that a wrong
size is found, told and published.
"""

import json
from pathlib import Path

import pytest

from schemas.control import Gap
from schemas.quality import Quality
from tests.flows.collected import SPOT_2023, USDM_2023, USDM_2024, collected
from tests.flows.excerpt import first_lines, is_depth, is_ticker, raw_lines, stamp_of, write_lines
from tests.flows.market_items import grid_items, market_over
from tests.flows.recorded_book import Walked, events, tickers_at, walk_book
from tests.shared import shared_file

S = 1_000_000_000
USDM = "binance-usdm"


def comparable(lines: list[bytes], applied: set[int]) -> list[int]:
    """Frames that a ticker had overtaken when they came to apply."""
    newest, found, waiting, known = 0, [], [], False
    for line in lines:
        if is_ticker(line):
            newest = int(line[line.index(b'"u":') + 4 :].partition(b",")[0])
        elif is_depth(line):
            if b'"depthUpdate"' in line:
                waiting.append(int(line[line.index(b'"u":') + 4 :].partition(b",")[0]))
            else:
                known = True  # what was held applies on the snapshot, at its line
            if known:
                found += [number for number in waiting if number in applied and newest >= number]
                waiting = []
    return found


@pytest.mark.parametrize(
    ("name", "applied", "older"), [(USDM_2024, 6547, 4), (USDM_2023, 16110, 0)]
)
def test_best_prices_and_sizes_equal_the_ticker_after_every_frame(
    name: str, applied: int, older: int
) -> None:
    lines = raw_lines(shared_file(name))
    ids = [frame["u"] for frame in events(lines, b'"depthUpdate"')]
    expected = tickers_at(lines, ids[older:])
    assert len(expected) == applied
    walked = walk_book(lines, USDM)
    assert walked.bests == expected
    assert (walked.gaps, walked.failed, walked.mismatches) == ([], [], 0)
    assert walked.checked == comparable(lines, set(expected))
    assert len(walked.checked) > applied / 20
    alone = walk_book([line for line in lines if not is_ticker(line)], USDM)
    assert alone.bests == expected
    assert alone.checked == []


def test_spot_without_a_snapshot_never_has_a_book() -> None:
    path = shared_file(SPOT_2023)
    lines = raw_lines(path)
    assert len(events(lines, b'"depthUpdate"')) == 3929
    assert walk_book(lines, "binance-spot") == Walked({}, [], [], [], 0, 1)
    run = collected([path])
    (connection,) = run.connections.values()
    assert [(wish.instrument, wish.reason) for wish in connection.wishes] == [
        ("binance-spot:BTCUSDT", "sequence")
    ]
    ticks = run.of("ticks")
    assert len(ticks) == 1658
    book = ("bid_px", "bid_sz", "ask_px", "ask_sz", "book_seq", "mid_px", "microprice", "ofi_usd")
    nothing = (None,) * len(book)
    tickers = events(lines, b"@bookTicker")
    stamps = [stamp_of(line) for line in lines if is_ticker(line)]
    told = iter(zip(stamps, tickers, strict=True))
    following = next(told)
    last = None
    for tick in ticks:
        while following is not None and following[0] < tick.ts:
            last, following = following, next(told, None)
        assert tuple(getattr(tick, name) for name in book) == nothing
        assert tick.ofi_levels_usd == ()
        top = (tick.top_bid_px, tick.top_bid_sz, tick.top_ask_px, tick.top_ask_sz)
        assert last is not None
        assert top == tuple(float(last[1][name]) for name in ("b", "B", "a", "A"))
        assert (tick.quality, tick.flags) == (Quality.warming, ("unsynchronised",))
    assert run.of("depth_curves") == []


def corrupted(lines: list[bytes], number: int) -> tuple[list[bytes], int]:
    """The best bid of one depth frame made larger, and the line number of that frame."""
    (best,) = tickers_at(lines, [number]).values()
    for index, line in enumerate(lines):
        if b'"depthUpdate"' in line and b'"u":%d,' % number in line:
            stamp, _, payload = line.partition(b" ")
            frame = json.loads(payload)
            level = next(x for x in frame["data"]["b"] if float(x[0]) == best[0])
            level[1] = str(float(level[1]) + 1.0)
            changed = stamp + b" " + json.dumps(frame, separators=(",", ":")).encode() + b"\n"
            return [*lines[:index], changed, *lines[index + 1 :]], index + 1
    raise AssertionError(f"no frame {number}")


def suspect(lines: list[bytes], walked: Walked) -> int:
    """A frame that is compared and tells the best bid's size."""
    for frame in events(lines, b'"depthUpdate"')[1000:]:
        if frame["u"] in walked.checked:
            bid = walked.bests[frame["u"]][0]
            if any(float(px) == bid for px, _ in frame["b"]):
                return int(frame["u"])
    raise AssertionError("no such frame")


def test_a_wrong_size_is_found_at_its_frame_and_published(tmp_path: Path) -> None:
    original = shared_file(USDM_2024)
    lines = first_lines(raw_lines(original), 90 * S)
    number = suspect(lines, walk_book(lines, USDM))
    wrong, at = corrupted(lines, number)
    received_ns = stamp_of(lines[at - 1])

    items = market_over(wrong, USDM, S // 4)
    gaps = [item for item in items if isinstance(item, Gap)]
    name = "binance-usdm:BTCUSDT"
    assert gaps == [Gap(name, "recording", received_ns, at, "book_mismatch")]
    place = items.index(gaps[0])
    told = next(item.ts for item in grid_items(items[place:]))
    assert told - S // 4 <= received_ns < told  # before the tick of its interval

    rows = collected([write_lines(wrong, tmp_path / original.name)])
    sound = collected([write_lines(lines, tmp_path / "sound" / original.name)])
    ticks, before = rows.of("ticks"), sound.of("ticks")
    lost = [tick.ts for tick in ticks].index(told)
    assert ticks[:lost] == before[:lost]
    assert [(tick.quality, tick.bid_px) for tick in ticks[lost:]] == [
        (Quality.gap, None) for _ in before[lost:]
    ]
    assert [tick.ts for tick in ticks if "gap" in tick.flags] == [told]
    later = [row for row in rows.of("volatility") if row.ts >= told]
    assert {(row.price, row.quality) for row in later} == {(None, Quality.gap)}
    assert len(later) == len(before) - lost
