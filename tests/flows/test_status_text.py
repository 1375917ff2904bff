"""Cells of the terminal's status, whole rows by hand."""

from flows.page.state import Shown
from flows.status_text import (
    CONNECTIONS,
    INSTRUMENTS,
    book_word,
    feed_cells,
    instrument_cells,
    summary,
    triggers_on,
)
from schemas.feed_health import ConnectionState
from schemas.quality import Quality
from schemas.trigger import TriggerState
from tests.flows.page.rows import BTC, ETH, NOW, S, health, items, moment, tick, trigger


def shown() -> Shown:
    kept = Shown("main")
    kept.take(items(*moment()))
    return kept


def cells(row: tuple[object, ...]) -> list[str]:
    return [str(cell) for cell in row]


def test_a_connection_in_a_row() -> None:
    feed = shown().changes().feeds["venue-0"]
    assert dict(zip(CONNECTIONS, cells(feed_cells("venue-0", feed, NOW + 2 * S)), strict=True)) == {
        "connection": "venue-0",
        "state": "running",
        "messages": "1,000 /s",
        "lag p50": "3.2 ms",
        "lag p99": "52 ms",
        "gaps 1 h": "2",
        "reconnects 1 h": "1",
        "rejected 1 h": "0",
        "dropped 1 h": "0",
        "reported": "2.0 s ago",
    }


def test_a_connection_that_no_longer_reports_is_silent() -> None:
    feed = shown().changes().feeds["venue-0"]
    states = [str(feed_cells("venue-0", feed, NOW + s * S)[1]) for s in (20, 21)]
    assert states == ["running", "silent"]
    kept = Shown("main")
    kept.take(items(health(state=ConnectionState.stale)))
    row = feed_cells("venue-0", kept.changes().feeds["venue-0"], NOW)
    assert cells(row)[1:5] == ["stale", "–", "–", "–"]


def test_an_instrument_in_a_row() -> None:
    seen = shown().changes().instruments
    row = cells(instrument_cells(BTC, seen[BTC], NOW + S))
    assert dict(zip(INSTRUMENTS, row, strict=True)) == {
        "instrument": BTC,
        "price": "92,000.05",
        "spread": "0.0109 bp",
        "vol 1 min p.a.": "50.0 %",
        "forecast p.a.": "123 %",
        "regime": "stress",
        "P(stress)": "80.0 %",
        "book": "ok, partial",
        "age": "1.0 s",
    }
    assert cells(instrument_cells(ETH, seen[ETH], NOW)) == [
        ETH,
        *["–"] * 6,
        "gap",
        "0.0 s",
    ]


def test_a_book_in_a_word() -> None:
    kept = Shown("main")
    kept.take(items(tick(quality=Quality.degraded)))
    part = kept.changes().instruments[BTC].parts["tick"]
    assert [book_word(part, NOW + s * S) for s in (0, 12, 13)] == ["degraded", "degraded", "silent"]
    assert book_word(None, NOW) == "unknown"


def test_the_run_in_a_line() -> None:
    assert summary(shown().changes(), NOW + S) == (
        "12:00:01 UTC  run main: 1 of 1 connections running, 1,000 /s; books: 1 gap, 1 ok; "
        "market calm, P(stress) 0 %; 1 triggers on"
    )
    assert summary(Shown("night").changes(), NOW) == (
        "12:00:00 UTC  run night: 0 of 0 connections running, –; books: –; market –; 0 triggers on"
    )


def test_rules_that_are_on_with_how_many_scopes() -> None:
    kept = Shown("main")
    kept.take(items(trigger(), trigger(scope=ETH), trigger(rule="deep")))
    kept.take(items(trigger(NOW + S, TriggerState.escalate, scope=ETH)))
    kept.take(items(trigger(scope="market")))
    assert triggers_on(kept.changes()) == "triggers on: deep, wide × 2, wide (escalated)"
