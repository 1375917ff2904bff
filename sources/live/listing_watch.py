"""The venue's catalogue, asked for anew while connections run: who is listed, delisted, changed.

every so many minutes: pages over REST ─▶ catalogue ─▶ differences ─▶ one change per connection

New are those that match the names and patterns of the settings; the most traded (`top`) are
chosen at the start only. Nothing here is a socket or a line: the feeder carries changes out.

A halt, or a page that the venue lost, is no delisting: that is what two catalogues in a row lack,
and one with fewer than half of the instruments of the one before says nothing of who is gone. Who
was delisted and comes back is listed anew, but does not join the market regime again in this run.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from schemas.errors import SeawallError, UsageError
from schemas.instrument import Instrument
from sources.instrument_choice import matching, same
from sources.instrument_lines import entry_of
from sources.instruments import Catalogue, Gathering
from sources.live.feed import Plan, having
from sources.live.health import Counters
from sources.live.rest import RestFetcher
from sources.placement import fitting
from sources.venue_feed import VenueFeed

_SHOWN: Final = 5


class Change(Struct, frozen=True):
    """What happens to one connection."""

    plan: Plan  # from now on
    listed: tuple[dict[str, Any], ...]  # entries of its line
    delisted: tuple[str, ...]
    join: tuple[bytes, ...]  # messages
    leave: tuple[bytes, ...]
    later: tuple[bytes, ...] = ()  # joins what another connection leaves with the same changes


class ListingWatch:
    """What is listened to of one venue, and what a later catalogue changes of it.

    instruments: of all plans, as the catalogue had them. `told` gets a connection and the
    instruments that it has after a change, `keep` every catalogue, for the next start.
    """

    def __init__(
        self,
        feed: VenueFeed,
        *,
        every_s: float,
        wanted: Sequence[str],
        streams: Sequence[str],
        urls: Mapping[str, str],
        plans: Sequence[Plan],
        instruments: Sequence[Instrument],
        told: Callable[[str, list[Instrument]], None],
        keep: Callable[[Catalogue], None],
        now_ns: Callable[[], int],
        tell: Callable[[str], None],
    ) -> None:
        self.every_s = every_s
        self.feed = feed
        self._wanted = wanted
        self._streams = streams
        self._urls = urls
        self._plans = {plan.name: plan for plan in plans}
        self._known = {i.symbol: i for i in instruments}
        self._told = told
        self._keep = keep
        self._now_ns = now_ns
        self._tell = tell
        self._failing = False
        self._full: set[str] = set()  # symbols that no connection has room for, as was told
        self._absent: set[str] = set()  # symbols that the last catalogue lacks
        self._size = 0  # of the last catalogue

    async def ask(self, rest: RestFetcher, counters: Counters) -> list[Change]:
        """Ask for the catalogue; what it changes. A failure is told once, and changes nothing."""
        gathering = Gathering(self.feed)
        try:
            while (url := gathering.next()) is not None:
                answer = await rest.fetch(url, counters)
                if answer.body is None:
                    counters.rest_failed += 1
                    self._failed(answer.reason)
                    return []
                await asyncio.to_thread(gathering.take, answer.body)  # some are of 10 MB
            catalogue = gathering.catalogue(self._now_ns())
            await asyncio.to_thread(self._keep, catalogue)
        except (SeawallError, OSError) as error:
            self._failed(str(error))
            return []
        self._failing = False
        return self.changes(catalogue, counters)

    def _failed(self, why: str) -> None:
        if not self._failing:
            self._failing = True
            self._tell(f"{self.feed.venue}: no listing ({why}); it is asked for again in a while")

    def changes(self, catalogue: Catalogue, counters: Counters) -> list[Change]:
        """What a catalogue changes, by connection; it counts as done."""
        found = {i.symbol: i for i in catalogue.instruments}
        fresh = [s for s in matching(catalogue, self._wanted) if s not in self._known]
        gone = self._gone(found)
        stays = [symbol for symbol in self._known if symbol not in gone]
        altered = {s for s in stays if s in found and not same(self._known[s], found[s])}
        if not (fresh or gone or altered):
            return []
        plans = self._placed(stays, fresh, counters)
        added = {s for plan in plans.values() for s in plan.symbols if s not in self._known}
        self._say("listed", added)
        self._say("delisted", gone)
        self._say("listed with other metadata", altered)
        self._known = {s: found.get(s, self._known[s]) for s in stays}
        self._known |= {s: found[s] for s in sorted(added)}
        left = {t for p in self._plans.values() for t in {*p.expected} - {*plans[p.name].expected}}
        changes = [self._change(p, plans, added | altered, left) for p in plans.values()]
        before, self._plans = self._plans, plans
        return [c for c in changes if c.listed or c.plan != before[c.plan.name]]

    def _gone(self, found: Mapping[str, Instrument]) -> set[str]:
        """Who is delisted (see above)."""
        before, self._size = self._size, len(found)
        if 2 * len(found) < before:
            self._tell(
                f"{self.feed.venue}: lists {len(found)} instruments, {before} the time before: "
                "what is missing is not taken for delisted"
            )
            return set()
        absent = {symbol for symbol in self._known if symbol not in found}
        gone = absent & self._absent
        self._absent = absent - gone
        return gone

    def _placed(self, stays: list[str], fresh: list[str], counters: Counters) -> dict[str, Plan]:
        """Plans of the connections that there are, with the fresh symbols that have room."""
        fit = fitting(lambda some: self._replanned(some) is not None, fresh, stays)
        plans = self._replanned([*stays, *fit]) or {}
        homeless = {s for name, p in plans.items() if name not in self._plans for s in p.symbols}
        homeless |= {s for s in fit if all(s not in p.symbols for p in plans.values())}
        if homeless:
            plans = self._replanned([s for s in (*stays, *fit) if s not in homeless]) or {}
        beyond = {*fresh}.difference(fit)
        words = "no connection has room for these, a restart takes them in:"
        for what, symbols in ((words, homeless), ("the venue takes no more, left out:", beyond)):
            counters.no_room += len(symbols - self._full)
            self._say(what, symbols - self._full)
            self._full |= symbols
        return {name: plans.get(name, _emptied(old)) for name, old in self._plans.items()}

    def _replanned(self, symbols: Sequence[str]) -> dict[str, Plan] | None:
        """None: these are more than the venue allows, or none at all."""
        placed = {name: plan.symbols for name, plan in self._plans.items()}
        try:
            plans = self.feed.plans(self._streams, symbols, self._urls, placed)
        except UsageError:
            return None
        return {plan.name: plan for plan in plans}

    def _change(
        self, plan: Plan, plans: Mapping[str, Plan], said: set[str], left_somewhere: set[str]
    ) -> Change:
        before = self._plans[plan.name]
        listed = [symbol for symbol in plan.symbols if symbol in said]
        self._told(plan.name, [self._known[s] for s in plan.symbols if s in self._known])
        joined = [topic for topic in plan.expected if topic not in before.expected]
        left = [topic for topic in before.expected if topic not in plan.expected]
        return Change(
            plan,
            tuple(entry_of(self._known[s], having(plans.values(), s)) for s in listed),
            tuple(symbol for symbol in before.symbols if symbol not in plan.symbols),
            self.feed.join(plan, [topic for topic in joined if topic not in left_somewhere]),
            self.feed.leave(before, left),
            self.feed.join(plan, [topic for topic in joined if topic in left_somewhere]),
        )

    def _say(self, what: str, symbols: set[str]) -> None:
        if symbols:
            names = sorted(symbols)
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            self._tell(f"{self.feed.venue}: {what} {', '.join(names[:_SHOWN])}{more}")


def _emptied(plan: Plan) -> Plan:
    """One without messages does not connect."""
    return Plan(plan.name, plan.url, (), (), (), plan.streams)
