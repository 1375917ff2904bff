"""What a replay tells when it is over: rows, regimes, triggers, speed, where to look next."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from os.path import relpath
from pathlib import Path
from shutil import which
from typing import Any, Final

from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from flows.assumptions import on_assumptions
from flows.progress import WatchedSource
from flows.wiring import Wiring
from schemas.settings import Settings
from sinks import reading
from sinks.store import Store
from sources.assumed import assumption

_MOST_LINES: Final = 12
_MOST_KINDS: Final = 12  # of what was not used, the most frequent first
_NAME: Final = "seawall"
_NEXT: Final = (
    "SELECT ts, scope, regime, p_stress FROM regimes WHERE run = '{run}' AND changed ORDER BY ts",
    "SELECT ts, rule, scope, state, value FROM triggers WHERE run = '{run}' ORDER BY ts LIMIT 20",
    "SELECT instrument, max(spread_bp), min(bid_depth_usd_25bp) FROM ticks "
    "WHERE run = '{run}' GROUP BY instrument",
)


class Outcome(Struct):
    """A finished replay."""

    settings: Settings
    source: WatchedSource
    seconds: float
    drained: bool

    @property
    def lines(self) -> int:
        """Lines read in this execution."""
        done = sum(c.lines_done for c in self.source.connections.values())
        return done - sum(self.source.began.values())

    @property
    def damaged(self) -> bool:
        """Whether an input's bytes are wrong."""
        return any(recording.damaged for recording in self.source.recordings.values())

    def unused(self) -> str:
        """Frames of this execution that are nothing to us, by kind."""
        counts: Counter[str] = Counter()
        for connection in self.source.connections.values():
            used = {k: n for k, n in connection.session.counts.items() if assumption(k) is None}
            counts += Counter(used)
            counts += Counter({k: n for k, n in connection.counts.items() if "unknown" in k})
        most = sorted(counts.items(), key=lambda kind: (-kind[1], kind[0]))
        told = [f"{count:,} {kind}" for kind, count in most[:_MOST_KINDS]]
        if rest := most[_MOST_KINDS:]:
            told.append(f"{sum(count for _, count in rest):,} of {len(rest):,} other kinds")
        return ", ".join(told)

    def problems(self) -> list[str]:
        """One sentence for each input that ended early."""
        recordings = self.source.recordings.items()
        return [
            f"{r.path}: {r.problem} (read to line {self.source.connections[name].lines_done})"
            for name, r in recordings
            if r.problem
        ]


def show_members(console: Console, wiring: Wiring) -> None:
    """What will be replayed and aligned."""
    for listing in wiring.listings:
        names = ", ".join(instrument.name for instrument in listing.instruments) or "nothing known"
        console.print(f"[bold]{escape(listing.connection)}[/]: {escape(names)}", soft_wrap=True)
    members = ", ".join(wiring.members) or "no perpetual, so no market regime"
    console.print(f"market regime of: {escape(members)}", soft_wrap=True)


def show(console: Console, store: Store, outcome: Outcome) -> None:
    """Print the summary."""
    run = outcome.settings.run
    show_stored(console, store, run)
    show_problems(console, outcome.problems())
    if unused := outcome.unused():
        console.print(f"not used: {escape(unused)}", soft_wrap=True, highlight=False)
    sessions = [connection.session for connection in outcome.source.connections.values()]
    if assumed := on_assumptions(sessions):
        console.print(escape(assumed), soft_wrap=True, highlight=False)
    speed = outcome.lines / outcome.seconds if outcome.seconds else 0.0
    what = "drained after" if outcome.drained else "done in"
    console.print(
        f"{outcome.lines:,} lines {what} {outcome.seconds:.1f} s: [bold]{speed:,.0f} lines/s[/]"
    )
    show_next(console, store, run)


def show_stored(console: Console, store: Store, run: str) -> None:
    """Print what the store has of a run."""
    counts = store.counts(run)
    begin, end = reading.span(store, run)
    if counts.get("ticks"):
        console.print(f"[bold]{counts['ticks']:,} ticks[/] from {_when(begin)} to {_when(end)} UTC")
    _listed(
        console,
        "regime changes",
        [
            f"{_when(ts)}  {scope}: {regime}"
            for ts, scope, regime in reading.regime_changes(store, run)
        ],
    )
    _listed(
        console,
        "triggers",
        [
            f"{_when(ts)}  {rule} {state} on {scope} at {value:.6g}"
            for ts, rule, scope, state, value in reading.transitions(store, run)
        ],
    )
    grid = Grid("table", "rows", box=None, pad_edge=False)
    grid.columns[1].justify = "right"
    for name, count in counts.items():
        grid.add_row(name, f"{count:,}")
    console.print(grid)
    if rejected := counts.get("rejected"):
        noun = "line" if rejected == 1 else "lines"
        console.print(f"[yellow]{rejected:,} {noun} rejected[/]: see table rejected")


def show_next(console: Console, store: Store, run: str) -> None:
    """Print where the store is and what to ask it."""
    where = escape(str(store.where))  # without a password
    console.print(f"store: {where}, run: {escape(run)}", soft_wrap=True)
    console.print("next:")
    for sql in _NEXT:
        command = f'  {program()} query --store {where} "{sql.format(run=run)}"'
        console.print(command, soft_wrap=True, highlight=False)


def program() -> str:
    """How to call us again: by name where the shell finds it, else by the path we came from."""
    called = Path(sys.argv[0])
    return relpath(called) if called.name == _NAME and which(_NAME) is None else _NAME


def show_problems(console: Console, problems: Sequence[str]) -> None:
    """Print why inputs ended early."""
    for problem in problems:
        console.print(f"[yellow]{escape(problem)}[/]", soft_wrap=True, highlight=False)


def _listed(console: Console, what: str, lines: Sequence[str]) -> None:
    if not lines:
        console.print(f"no {what}")
        return
    counted = what if len(lines) > 1 else what.removesuffix("s")
    console.print(f"[bold]{len(lines)} {counted}[/]")
    shown = lines if len(lines) <= _MOST_LINES else lines[:_MOST_LINES]
    for line in shown:
        console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    if len(lines) > len(shown):
        console.print(f"  … and {len(lines) - len(shown)} more")


def _when(at: Any) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") if isinstance(at, datetime) else str(at)
