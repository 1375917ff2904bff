"""The terminal's status as text: cells of a connection and of an instrument, and the summary."""

from collections import Counter
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from flows import number_text as text
from flows.page.part import Feed, Part
from flows.page.state import Changes, Seen
from flows.page.view import realised_vol, stale_s
from schemas.feed_health import ConnectionState
from schemas.quality import Quality
from schemas.trigger import TriggerState
from schemas.units import NS_PER_S

CONNECTIONS: Final = (
    "connection",
    "state",
    "messages",
    "lag p50",
    "lag p99",
    "gaps 1 h",
    "reconnects 1 h",
    "rejected 1 h",
    "dropped 1 h",
    "reported",
)
INSTRUMENTS: Final = (
    "instrument",
    "price",
    "spread",
    "vol 1 min p.a.",
    "forecast p.a.",
    "regime",
    "P(stress)",
    "book",
    "age",
)


def feed_cells(name: str, feed: Feed, now_ns: int) -> tuple[str | Text, ...]:
    """A cell for each of CONNECTIONS."""
    row = feed.part.row
    return (
        name,
        _state(feed.part, now_ns),
        text.rate(feed.messages_per_s),
        text.millis(row.lag_p50_ms),
        text.millis(row.lag_p99_ms),
        _trouble(feed.gaps_1h),
        _trouble(feed.reconnects_1h),
        _trouble(feed.rejected_1h),
        _trouble(feed.overflow_frames_1h),
        f"{text.span(_age_s(feed.part, now_ns))} ago",
    )


def instrument_cells(name: str, seen: Seen, now_ns: int) -> tuple[str | Text, ...]:
    """A cell for each of INSTRUMENTS."""
    rows = {key: part.row for key, part in seen.parts.items()}
    tick, volatility, regime = (rows.get(key) for key in ("tick", "volatility", "regime"))
    about = rows.get("about")
    variance = volatility.realised_variance_1m if volatility else None
    return (
        name,
        text.price(tick.mid_px if tick else None, about.price_decimals if about else None),
        text.three(tick.spread_bp if tick else None, "bp"),
        text.percent(realised_vol(variance)),
        text.percent(volatility.forecast_vol if volatility else None),
        regime.regime.name if regime else text.NONE,
        text.percent(regime.p_stress if regime else None),
        _book(seen.parts.get("tick"), now_ns),
        text.span(_age_s(seen.parts["tick"], now_ns) if tick else None),
    )


def _age_s(part: Part, now_ns: int) -> float:
    return float(now_ns - part.row.ts) / NS_PER_S


def _state(part: Part, now_ns: int) -> Text:
    if _age_s(part, now_ns) > stale_s("feed", part):
        return Text("silent", style="bold red")
    state: ConnectionState = part.row.state
    return Text(state.name, style="green" if state is ConnectionState.running else "bold red")


def book_word(part: Part | None, now_ns: int) -> str:
    """The quality of a book whose tick is new enough; else `silent`, or `unknown`."""
    if part is None:
        return "unknown"
    quality: Quality = part.row.quality
    return "silent" if _age_s(part, now_ns) > stale_s("tick", part) else quality.name


def _book(part: Part | None, now_ns: int) -> Text:
    word = book_word(part, now_ns)
    flags = part.row.flags if part else ()
    return Text(", ".join((word, *flags)), style="green" if word == "ok" else "bold red")


def _trouble(count: int) -> Text:
    return Text(f"{count:,}", style="bold yellow" if count else "")


def summary(changes: Changes, now_ns: int) -> str:
    """The run in one line."""
    feeds = changes.feeds.values()
    states = [str(_state(feed.part, now_ns)) for feed in feeds]
    rates = [feed.messages_per_s for feed in feeds if feed.messages_per_s is not None]
    books = Counter(
        book_word(seen.parts.get("tick"), now_ns) for seen in changes.instruments.values()
    )
    market = changes.market.row if changes.market else None
    regime = f"{market.regime.name}, P(stress) {text.percent(market.p_stress)}" if market else "–"
    told = ", ".join(f"{count} {name}" for name, count in sorted(books.items())) or text.NONE
    at = datetime.fromtimestamp(now_ns / NS_PER_S, UTC).strftime("%H:%M:%S")
    return (
        f"{at} UTC  run {changes.run}: {states.count('running')} of {len(states)} connections "
        f"running, {text.rate(sum(rates) if rates else None)}; books: {told}; market {regime}; "
        f"{len(changes.triggers or ())} triggers on"
    )


def triggers_on(changes: Changes) -> str:
    """The rules that are on, with the number of scopes."""
    rules = Counter(
        f"{row.rule}{' (escalated)' if row.state is TriggerState.escalate else ''}"
        for row in changes.triggers or ()
    )
    return "triggers on: " + ", ".join(
        name if count == 1 else f"{name} × {count}" for name, count in sorted(rules.items())
    )
