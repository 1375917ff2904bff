"""One connection's stamped lines → keyed items, with a clock for every grid time (C2).

All rows with received_ns < g come before the clock of g. A chunk may reach past it: the tick at
g takes its rows with received_ns < g and no others, so that nothing depends on how many lines
are taken at a time.
"""

from bisect import bisect_right
from collections import Counter
from typing import Any

import numpy as np

from schemas.account import AccountState
from schemas.chunk import Array, Chunk
from schemas.control import (
    QUESTION,
    Clock,
    End,
    Gap,
    Granted,
    Progress,
    Reason,
    Rejected,
    Seen,
    Wish,
)
from schemas.units import NS_PER_S, NS_PER_US, floor_ns
from sources.connection_state import VERSION, packed, unpack
from sources.control_line import control_in
from sources.digest import BLOCK, RunningDigest
from sources.instrument_lines import WORD
from sources.lines import BAD, CONTROL, Lines
from sources.rejected_line import rejected_line
from sources.roster import Roster
from sources.session import Item, Session
from sources.weaving import Keyed, breaks, woven

__all__ = ["VERSION", "Connection", "Keyed"]

_PROGRESS_NS = 60 * NS_PER_S
_OWN_HOLE_NS = 600 * NS_PER_S  # our own recordings have clock lines: this is damage
_LOSSES = {"start": "start", "close": "reconnect", "overflow": "overflow"}
_SILENT = ("recording", "clock", "open", "params", "input")  # stamps, or for later readers


class Connection:
    """The state of one connection: its session, its clock, how far its input has been read."""

    def __init__(
        self, name: str, session: Session, *, grid_ns: int, hole_ns: int, foreign: bool
    ) -> None:
        self.name = name
        self.session = session
        self.grid_ns = grid_ns
        self.hole_ns = hole_ns if foreign else max(hole_ns, _OWN_HOLE_NS)
        self.lines_done = 0
        self.bytes_done = 0
        self.last_ns = 0  # the source's clock
        self.last_grid = 0
        self.ended = False  # an end line was read
        self.known: dict[str, None] = {}  # instruments that get clocks, in order of sight
        self.roster = Roster(name, session)
        self.digest = RunningDigest()
        self.counts: Counter[str] = Counter()
        self.wishes: list[Wish] = []
        self.asked: list[Wish | Granted] = []  # questions and answers: live only

    def open(self, first_ns: int) -> list[Keyed]:
        """Start at the floor of the very first line: instruments known beforehand get a clock."""
        self.last_ns = first_ns
        self.last_grid = floor_ns(first_ns, self.grid_ns)
        clock = Clock(self.name, self.last_grid)
        out: list[Keyed] = [(self.name, self.progress(self.last_grid))]
        for name, instrument in self.session.instruments().items():
            self.known[name] = None
            out.append((name, Seen(instrument, self.name, first_ns, 1, listed=True)))
            out.append((name, clock))
        return out

    def take(self, lines: Lines) -> list[Keyed]:
        """Items of the next lines, in order for each key."""
        if not len(lines):
            return []
        stamped = np.where(lines.received_ns < 0, self.last_ns, lines.received_ns)
        clock_ns = np.maximum.accumulate(np.maximum(stamped, self.last_ns))
        before = np.concatenate([[self.last_ns], clock_ns[:-1]])
        misplaced = (stamped < before) & (lines.kind != BAD)
        special = (lines.kind == BAD) | (lines.kind == CONTROL) | misplaced
        special |= clock_ns - before > self.hole_ns
        out: list[Keyed] = []
        cuts = breaks(lines, special, misplaced)
        for begin, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
            if begin < end:
                self._run(lines.part(begin, end), clock_ns[begin:end], misplaced[begin:end], out)
        return out

    def _run(self, lines: Lines, clock_ns: Array, misplaced: Array, out: list[Keyed]) -> None:
        first_ns = int(clock_ns[0])
        if self.ended:  # nothing follows an end line, so whatever does is a mistake
            out += [
                (self.name, rejected_line(self.name, lines, index, clock_ns, Reason.after_end))
                for index in range(len(lines))
            ]
            self.counts["rejected"] += len(lines)
            self._done(lines, clock_ns, out)
            return
        hole = first_ns - self.last_ns > self.hole_ns
        if lines.kind[0] == CONTROL:
            self._control(lines, first_ns, hole, bool(misplaced[0]), out)
            self._done(lines, clock_ns, out)
            return
        if hole:
            self._jump(first_ns, lines.first_line, "hole", out)
        rejected = [
            rejected_line(self.name, lines, index, clock_ns)
            for index in np.flatnonzero((lines.kind == BAD) | misplaced).tolist()
        ]
        any_misplaced = misplaced if misplaced.any() else misplaced[:0]
        items = self.session.lines(lines, clock_ns, any_misplaced)
        self._spread([*rejected, *items], int(clock_ns[-1]), out)
        self._done(lines, clock_ns, out)

    def _spread(self, items: list[Item], until_ns: int, out: list[Keyed]) -> None:
        """Put the clocks up to `until_ns` between the items, before those of later lines.

        A chunk goes where its first row stands, whole: what folds it takes the rows of a grid
        time when that grid time comes.
        """
        grids = range(self.last_grid + self.grid_ns, until_ns + 1, self.grid_ns)
        by_key: dict[str, list[tuple[int, Any]]] = {name: [] for name in self.known}
        events: list[Rejected] = []
        for item in items:
            if isinstance(item, Granted) or (isinstance(item, Wish) and item.reason == QUESTION):
                self.asked.append(item)
            elif isinstance(item, Wish):
                self._wish(item)
            elif isinstance(item, Rejected):
                self.counts["rejected"] += 1
                events.append(item)
            elif isinstance(item, AccountState):
                self.counts["accounts"] += 1  # what nobody asked to be computed
            else:
                name = item.instrument.name if isinstance(item, Seen) else item.instrument
                if self.roster.silent(name):
                    self.counts["delisted"] += 1
                    continue
                at_ns = int(item.received_ns[0]) if isinstance(item, Chunk) else item.received_ns
                segment = bisect_right(grids, at_ns)
                by_key.setdefault(name, []).append((segment, item))
                self.counts["gaps"] += isinstance(item, Gap)
        out += [(self.name, item) for item in sorted(events, key=_line_of)]
        fresh = by_key.keys() - self.known.keys()
        out += woven(self.name, grids, by_key, fresh, self.roster.leaving)
        self.known.update(dict.fromkeys(by_key))
        if grids:
            self.last_grid = grids[-1]
            self.roster.pass_grid(self.known)

    def _wish(self, wish: Wish) -> None:
        if not self.roster.silent(wish.instrument):
            self.wishes.append(wish)
            self.counts["wishes"] += 1

    def _jump(self, at_ns: int, line: int, reason: str, out: list[Keyed]) -> None:
        """Lose the books and let the grid jump over the time that nothing is known of."""
        grid = floor_ns(at_ns, self.grid_ns)
        lost_ns = min(at_ns, grid - 1) if grid > self.last_grid else at_ns
        lost = {name: self._gap(name, lost_ns, line, reason) for name in self.known}
        for item in self.session.lose(at_ns, line, reason):
            if isinstance(item, Wish):
                self._wish(item)
        self.counts["gaps"] += len(lost)
        for name, gap in lost.items():
            out.append((name, gap))
            if grid > self.last_grid:
                out.append((name, Clock(self.name, grid, jump=True)))
        if grid > self.last_grid:
            self.last_grid = grid
            self.roster.pass_grid(self.known)

    def _gap(self, instrument: str, at_ns: int, line: int, reason: str) -> Gap:
        return Gap(instrument, self.name, at_ns, line, reason)

    def _control(
        self, lines: Lines, at_ns: int, hole: bool, misplaced: bool, out: list[Keyed]
    ) -> None:
        line = lines.first_line
        control = control_in(self.name, lines, at_ns)
        if isinstance(control, Rejected):
            if hole:
                self._jump(at_ns, line, "hole", out)
            self._spread([control], at_ns, out)
            return
        if misplaced:
            self._spread([rejected_line(self.name, lines, 0, np.array([at_ns]))], at_ns, out)
            return
        if control.k == "start":
            if self.lines_done:  # where the run stopped, as a row of it
                out.append((self.name, self.progress(self.last_ns + NS_PER_US)))
            self._jump(at_ns, line, "start", out)
            return
        if hole:
            self._jump(at_ns, line, "hole", out)
        if control.k == WORD:
            self._instruments(lines, at_ns, out)
            return
        items: list[Item] = []
        if control.k in _LOSSES:
            items = [self._gap(name, at_ns, line, _LOSSES[control.k]) for name in self.known]
            lost = self.session.lose(at_ns, line, _LOSSES[control.k])
            items += [item for item in lost if isinstance(item, Wish)]
        elif control.k == "wish" and control.instrument in self.known:
            items = self.session.wished(control.instrument.partition(":")[2], at_ns, line)
        elif control.k != "end" and control.k not in _SILENT:
            self.counts[f"unknown control:{control.k}"] += 1  # or a wish for nobody we know
        self._spread(items, at_ns, out)
        if control.k == "end":
            self.ended = True
            out += self.end()

    def _instruments(self, lines: Lines, at_ns: int, out: list[Keyed]) -> None:
        """Instruments are listed, delisted, changed: see `roster`."""
        line, roster = lines.first_line, self.roster
        said = roster.read(lines, at_ns)
        if isinstance(said, Rejected):
            self._spread([said], at_ns, out)
            return
        gone = [name for name in said.delisted if name in self.known and not roster.silent(name)]
        self._spread(roster.lose(gone, at_ns, line), at_ns, out)
        roster.leaving.update(gone)
        for instrument, connections in said.listed:
            fresh = instrument.name not in self.known and instrument.name not in roster.gone
            items = roster.admit(instrument, connections, at_ns, line)
            self._spread(items, at_ns, out)
            if items and fresh:  # as `open` does
                out.append((instrument.name, Clock(self.name, self.last_grid)))

    def end(self) -> list[Keyed]:
        """Take the connection out of every alignment."""
        return [(name, End(self.name)) for name in self.known]

    def _done(self, lines: Lines, clock_ns: Array, out: list[Keyed]) -> None:
        """Count and hash the lines; once per minute of the clock say how far."""
        minutes = clock_ns // _PROGRESS_NS
        previous = self.last_ns // _PROGRESS_NS
        begin = lines.begin
        at = 0
        turns = np.flatnonzero(np.diff(np.concatenate([[previous], minutes]))).tolist()
        for turn in turns:
            end = int(lines.past[turn - 1]) if turn else begin
            self._hash(lines, begin, end, turn - at)
            begin, at = end, turn
            if self.lines_done:
                minute_ns = int(minutes[turn]) * _PROGRESS_NS
                out.append((self.name, self.progress(minute_ns)))
        self._hash(lines, begin, int(lines.past[-1]), len(lines) - at)
        self.last_ns = int(clock_ns[-1])

    def _hash(self, lines: Lines, begin: int, end: int, count: int) -> None:
        self.digest.update(lines.buffer[begin:end].data)
        self.bytes_done += end - begin
        self.lines_done += count

    def progress(self, at_ns: int) -> Progress:
        """How far the input has been read."""
        return Progress(
            self.name, at_ns, self.lines_done, self.bytes_done, self.digest.hexdigest()[:32]
        )

    def snapshot(self) -> tuple[Any, ...]:
        """State that a restart needs: where to read on, the clock, the session."""
        return packed(self)

    def restore(self, state: tuple[Any, ...]) -> None:
        """Inverse of `snapshot`.

        The caller reads past `bytes_done` and gives `digest` the bytes after `digest_from`.
        """
        unpack(self, state)

    @property
    def digest_from(self) -> int:
        """Bytes of the input that a restored digest has; it needs those up to `bytes_done`."""
        return self.digest.taken_up()[1] * BLOCK


def _line_of(item: Rejected) -> int:
    return item.line
