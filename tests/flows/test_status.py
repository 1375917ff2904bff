"""The status of a live run: in place in a terminal, plain lines every so often on a pipe."""

import io
import re
import time

from rich.console import Console

from flows.page.state import Shown
from flows.status import Status
from schemas.quality import Quality
from tests.flows.page.rows import BTC, ETH, NOW, S, items, moment, tick

SUMMARY = (
    "12:00:01 UTC  run main: 1 of 1 connections running, 1,000 /s; books: 1 gap, 1 ok; "
    "market calm, P(stress) 0 %; 1 triggers on"
)
CONNECTION = (
    "  venue-0: running, 1,000 /s, lag p99 52 ms; in the last hour 2 gaps, 1 reconnects, "
    "0 rejected, 0 dropped"
)
PATIENCE_S = 10.0


def shown(*more: str) -> Shown:
    kept = Shown("main")
    kept.take(items(*moment()))
    kept.take(items(*(tick(name=name) for name in more)))
    return kept


def status(said: io.StringIO, kept: Shown, **size: int) -> Status:
    terminal = bool(size)
    console = Console(file=said, force_terminal=terminal, color_system=None, **size)
    return Status(console, kept, now_ns=lambda: NOW + S, lines_every_s=0.05)


def drawn(kept: Shown, width: int, height: int) -> list[str]:
    said = io.StringIO()
    at = status(said, kept, width=width, height=height)
    Console(file=said, width=width, color_system=None).print(at.drawn())
    return [line.rstrip() for line in said.getvalue().splitlines()]


def test_a_wide_terminal_has_a_line_for_each() -> None:
    assert drawn(shown(), 140, 30) == [
        SUMMARY,
        "connection  state    messages  lag p50  lag p99  gaps 1 h  reconnects 1 h  "
        "rejected 1 h  dropped 1 h   reported",
        "venue-0     running  1,000 /s   3.2 ms    52 ms         2               1  "
        "           0            0  1.0 s ago",
        "instrument         price     spread  vol 1 min p.a.  forecast p.a.  regime  P(stress)"
        "  book           age",
        "venue:BTC-USD  92,000.05  0.0109 bp          50.0 %          123 %  stress     80.0 %"
        "  ok, partial  1.0 s",
        "venue:ETH-USD          –          –               –              –  –               –"
        "  gap          1.0 s",
        "triggers on: wide",
    ]


def test_a_narrow_terminal_leaves_columns_out_and_cuts_no_number() -> None:
    assert drawn(shown(), 80, 30) == [
        SUMMARY[:79] + "…",
        "connection  state    messages  lag p99  gaps 1 h  dropped 1 h",
        "venue-0     running  1,000 /s    52 ms         2            0",
        "instrument         price     spread  regime  book           age",
        "venue:BTC-USD  92,000.05  0.0109 bp  stress  ok, partial  1.0 s",
        "venue:ETH-USD          –          –  –       gap          1.0 s",
        "triggers on: wide",
    ]


def test_a_low_terminal_says_how_many_instruments_it_does_not_show() -> None:
    kept = shown("w:1", "w:2", "w:3")
    lines = drawn(kept, 140, 10)
    assert len(lines) == 9
    assert [line.split()[0] for line in lines[3:7]] == ["instrument", BTC, ETH, "w:1"]
    assert lines[7] == "… and 2 more instruments"


def test_a_terminal_is_drawn_in_place_and_keeps_the_last() -> None:
    said, kept = io.StringIO(), shown()
    with status(said, kept, width=140, height=30):
        kept.take(items(tick(NOW + S, 91_000.0)))
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.getvalue())
    assert "91,000.0" in plain.splitlines()[-3]
    assert "92,000.05" in plain
    assert "\x1b[1A" in said.getvalue()  # back up, over what stood there


def test_a_pipe_gets_plain_lines_again_and_again_and_at_the_end() -> None:
    said, kept = io.StringIO(), shown()
    with status(said, kept):
        assert said.getvalue() == ""
        until = time.monotonic() + PATIENCE_S
        while said.getvalue().count(SUMMARY) < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
        kept.take(items(tick(NOW + S, 91_000.0, ETH, quality=Quality.ok)))
    block = [SUMMARY, CONNECTION, f"  {ETH}: book gap"]
    lines = said.getvalue().splitlines()
    assert lines[:6] == block * 2
    assert lines[-2:] == [SUMMARY.replace("1 gap, 1 ok", "2 ok"), CONNECTION]
    assert "\x1b" not in said.getvalue()
