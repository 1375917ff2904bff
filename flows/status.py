"""What a live run shows in its terminal: one line per connection and instrument, in place.

On a pipe: one line for the run and one per connection every 30 s, and one for each instrument whose
book cannot be used. It only looks at what is kept for the page.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

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

PER_SECOND: Final = 2
LINES_EVERY_S: Final = 30.0
_NARROW: Final = 120  # columns of text: with fewer only these are shown
_ESSENTIAL: Final = frozenset(
    {
        *("connection", "state", "messages", "lag p99", "gaps 1 h", "dropped 1 h"),
        *("instrument", "price", "spread", "regime", "book", "age"),
    }
)
_LEFT: Final = frozenset({"connection", "state", "instrument", "regime", "book"})
_AROUND: Final = 6  # lines that are neither a connection nor an instrument


class Status:
    """Draws while it is entered; `shown` gets its rows elsewhere."""

    def __init__(
        self,
        console: Console,
        shown: Shown,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        lines_every_s: float = LINES_EVERY_S,
    ) -> None:
        """Nothing is drawn yet."""
        self._console, self._shown, self._now_ns = console, shown, now_ns
        self._lines_every_s = lines_every_s
        self._over = Event()
        self._thread = Thread(target=self._print, name="status", daemon=True)
        self._live = Live(console=console, get_renderable=self.drawn, refresh_per_second=PER_SECOND)

    def __enter__(self) -> Self:
        """Begin."""
        if self._console.is_terminal:
            self._live.start(refresh=True)
        else:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Draw once more and leave it there."""
        if self._console.is_terminal:
            self._live.stop()
        else:
            self._over.set()
            self._thread.join()

    def drawn(self) -> Group:
        """What a terminal shows now; no higher than it is."""
        changes, now_ns = self._shown.changes(), self._now_ns()
        narrow = self._console.size.width < _NARROW
        feeds = [feed_cells(name, feed, now_ns) for name, feed in sorted(changes.feeds.items())]
        room = max(1, self._console.size.height - len(changes.feeds) - _AROUND)
        instruments = [
            instrument_cells(name, seen, now_ns)
            for name, seen in sorted(changes.instruments.items())[:room]
        ]
        more = len(changes.instruments) - room
        parts: list[Any] = [
            Text(summary(changes, now_ns), style="bold", overflow="ellipsis", no_wrap=True),
            _table(CONNECTIONS, feeds, narrow),
            _table(INSTRUMENTS, instruments, narrow),
        ]
        if more > 0:
            parts.append(Text(f"… and {more} more instruments", style="dim"))
        if changes.triggers:
            parts.append(
                Text(triggers_on(changes), style="yellow", overflow="ellipsis", no_wrap=True)
            )
        return Group(*parts)

    def lines(self) -> Iterator[str]:
        """What a pipe gets now."""
        changes, now_ns = self._shown.changes(), self._now_ns()
        yield summary(changes, now_ns)
        for name, feed in sorted(changes.feeds.items()):
            _, state, messages, _, lag, gaps, reconnects, rejected, dropped, _ = (
                str(cell) for cell in feed_cells(name, feed, now_ns)
            )
            yield (
                f"  {name}: {state}, {messages}, lag p99 {lag}; in the last hour {gaps} gaps, "
                f"{reconnects} reconnects, {rejected} rejected, {dropped} dropped"
            )
        for name, seen in sorted(changes.instruments.items()):
            book = book_word(seen.parts.get("tick"), now_ns)
            if book != "ok":
                yield f"  {name}: book {book}"

    def _print(self) -> None:
        while not self._over.wait(self._lines_every_s):
            self._say()
        self._say()

    def _say(self) -> None:
        for line in self.lines():
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _table(names: Sequence[str], rows: Sequence[Sequence[str | Text]], narrow: bool) -> Table:
    shown = [k for k, name in enumerate(names) if not narrow or name in _ESSENTIAL]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for k in shown:
        table.add_column(names[k], justify="left" if names[k] in _LEFT else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(row[k] for k in shown))
    return table
