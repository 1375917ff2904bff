"""What the page and the terminal show: the latest of the rows that pass by, in bounded memory.

`take` is called by the flow for everything it publishes, so it only files rows; what a reader makes
of them (JSON, lines of text) is made at the reader's pace, in the reader's thread.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any, Final

from msgspec import Struct, field

from flows.page.chains import Chains, ChainSeen
from flows.page.part import Feed, Part, feed_after, part_after
from schemas.column import Row
from schemas.feed_health import FeedHealth
from schemas.market import DepthCurve, Tick
from schemas.run import InstrumentRow
from schemas.tables import Rows
from schemas.trigger import Trigger, TriggerState
from schemas.units import NS_PER_S
from schemas.volatility import Regime

MOST_INSTRUMENTS: Final = 500  # more are not kept: `Changes.more` says so
PRICE_SPAN_S: Final = 300  # of the line of prices, one a second

Price = tuple[int, float | None, int]
"""Time (ns UTC), mid price (quote per base; None: no book), revision."""


class Seen(Struct, frozen=True):
    """What is new of one instrument: parts by name (tick, volatility, …) and prices."""

    parts: Mapping[str, Part]
    prices: tuple[Price, ...]


class Changes(Struct, frozen=True):
    """What is new after a revision. `triggers` are all that are on, or None when none changed."""

    rev: int
    run: str
    origin: str
    trouble: str | None
    more: bool
    market: Part | None
    triggers: tuple[Trigger, ...] | None
    instruments: Mapping[str, Seen]
    feeds: Mapping[str, Feed]
    chains: Mapping[str, ChainSeen] = field(default_factory=dict)


class _Place(Struct):
    parts: dict[str, Part] = field(default_factory=dict)
    prices: deque[Price] = field(default_factory=lambda: deque(maxlen=PRICE_SPAN_S + 1))


class Shown:
    """The latest rows of a run. `origin` says where they come from, if not from here.

    Safe to use from several threads.
    """

    def __init__(
        self, run: str, origin: str = "", *, most_instruments: int = MOST_INSTRUMENTS
    ) -> None:
        """Nothing is known yet."""
        self.run, self.origin = run, origin
        self._most = most_instruments
        self._lock = Lock()
        self._rev = 0
        self._trouble: str | None = None
        self._more = False
        self._market: Part | None = None
        self._triggers: dict[tuple[str, str], Trigger] = {}
        self._triggers_rev = 0
        self._places: dict[str, _Place] = {}
        self._feeds: dict[str, tuple[Feed, deque[FeedHealth]]] = {}
        self._chains = Chains()
        self._keepers: dict[str, Callable[[Any], object]] = {
            "instruments": self._instrument,
            "ticks": self._tick,
            "depth_curves": self._curve,
            "volatility": lambda row: self._keep(row.instrument, "volatility", row),
            "regimes": self._regime,
            "triggers": self._trigger,
            "feed_health": self._feed,
            "gas": lambda row: self._chains.gas(row, self._rev),
            "mempool": lambda row: self._chains.mempool(row, self._rev),
            "pools": lambda row: self._chains.pool(row, self._rev),
            "oracles": lambda row: self._chains.oracle(row, self._rev),
            "lending_accounts": lambda row: self._chains.account(row, self._rev),
        }

    def take(self, items: Iterable[Rows]) -> None:
        """Keep what is newer than what is known; rows of other tables are passed over."""
        with self._lock:
            self._rev += 1
            for item in items:
                keep = self._keepers.get(item.table)
                if keep is not None:
                    for row in item.rows:
                        keep(row)
            self._chains.taken(self._rev)

    def say(self, trouble: str | None) -> None:
        """What keeps new rows from coming, in a sentence; None when nothing does."""
        with self._lock:
            self._trouble = trouble

    def changes(self, after: int = 0) -> Changes:
        """Everything that is newer than revision `after`; 0 for all of it."""
        with self._lock:
            return Changes(
                rev=self._rev,
                run=self.run,
                origin=self.origin,
                trouble=self._trouble,
                more=self._more,
                market=self._market if self._market and self._market.rev > after else None,
                triggers=(
                    tuple(self._triggers.values())
                    if self._triggers_rev > after or after == 0
                    else None
                ),
                instruments={
                    name: Seen(
                        {key: part for key, part in place.parts.items() if part.rev > after},
                        tuple(price for price in place.prices if price[2] > after),
                    )
                    for name, place in self._places.items()
                    if any(part.rev > after for part in place.parts.values())
                },
                feeds={
                    name: feed for name, (feed, _) in self._feeds.items() if feed.part.rev > after
                },
                chains=self._chains.changes(after),
            )

    def _place(self, instrument: str) -> _Place | None:
        place = self._places.get(instrument)
        if place is None:
            if len(self._places) >= self._most:
                self._more = True
                return None
            place = self._places[instrument] = _Place()
        return place

    def _keep(self, instrument: str, name: str, row: Row) -> _Place | None:
        """File a row; the instrument's place when it was newer."""
        place = self._place(instrument)
        if place is None:
            return None
        part = part_after(place.parts.get(name), row, self._rev)
        if part is None:
            return None
        place.parts[name] = part
        return place

    def _instrument(self, row: InstrumentRow) -> None:
        if row.kind == "index":
            return  # it has neither a book nor trades
        self._keep(row.instrument, "about", row)

    def _tick(self, row: Tick) -> None:
        place = self._keep(row.instrument, "tick", row)
        if place is None:
            return
        prices = place.prices
        if not prices or prices[-1][0] // NS_PER_S < row.ts // NS_PER_S:
            prices.append((row.ts, row.mid_px, self._rev))

    def _curve(self, row: DepthCurve) -> None:
        if row.instrument in self._places:  # a pool has a curve and no book: it stands elsewhere
            self._keep(row.instrument, "curve", row)

    def _regime(self, row: Regime) -> None:
        if row.scope == "market":
            self._market = part_after(self._market, row, self._rev) or self._market
        elif row.instrument:
            self._keep(row.instrument, "regime", row)

    def _trigger(self, row: Trigger) -> None:
        key = row.rule, row.scope
        on = self._triggers.get(key)
        if row.state is TriggerState.leave:
            changed = self._triggers.pop(key, None) is not None
        else:
            changed = on is None or on.id != row.id
            self._triggers[key] = row
        if changed:
            self._triggers_rev = self._rev

    def _feed(self, row: FeedHealth) -> None:
        before, hour = self._feeds.get(row.source, (None, deque()))
        part = part_after(before.part if before else None, row, self._rev)
        if part is not None:
            self._feeds[row.source] = feed_after(before, part, hour), hour
