"""What sessions and feeds say under assumptions, and the proof that one column changes alone."""

from typing import Any

from schemas.instrument import Instrument
from sources.assumed import decided
from sources.registry import assumed_for, feed_for, session_for
from tests.sources.talk import as_is, hear, shown, text

Counts = dict[str, int]


def said_by(
    venue: str, *lines: str, listed: tuple[Instrument, ...] = (), **assumed: Any
) -> tuple[list[Any], Counts]:
    """Items of a session, and how often each assumption decided."""
    session: Any = session_for(venue, "c", as_is, assumed_for(venue, assumed))
    session.list_instruments(listed)
    items = [shown(item) for item in hear(session, text(*lines))]
    return items, {k: n for k, n in session.counts.items() if n and k.startswith("assumed:")}


def only_column(
    venue: str,
    lines: tuple[str, ...],
    name: str,
    value: Any,
    column: tuple[str, str],
    values: tuple[list[Any], list[Any]],
    times: tuple[int, int],
    listed: tuple[Instrument, ...] = (),
) -> None:
    """Assert that an assumption changes one column (kind, name) of the rows and nothing else.

    values, times: in that column and of decisions, by default and with `value`.
    """
    kind, key = column
    before, counted = said_by(venue, *lines, listed=listed)
    after, counts = said_by(venue, *lines, listed=listed, **{name: value})
    for items, expected in zip((before, after), values, strict=True):
        (rows,) = (item for item in items if isinstance(item, tuple) and item[1] == kind)
        assert list(rows[-1].pop(key)) == expected
    assert before == after
    assert [counted, counts] == [{decided(name): n} if n else {} for n in times]


def asked(venue: str, *symbols: str, streams: tuple[str, ...] = (), **assumed: Any) -> Any:
    """Name within the venue, number of messages, and topics, of each connection."""
    feed = feed_for(venue, assumed=assumed_for(venue, assumed))
    plans = feed.plans(streams, symbols, {})
    return [(p.name.removeprefix(f"{venue}-"), len(p.messages), sorted(p.expected)) for p in plans]
