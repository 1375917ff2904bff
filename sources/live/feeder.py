"""Everything of one feed that happens in the feeder's loop: connections, wishes, clocks.

A failure that is neither the network's nor the venue's doing ends all of it and is raised by `run`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import httpx

from schemas.control import Wish
from sources.instrument_lines import WORD
from sources.live.clocks import keep_clocks
from sources.live.failures import place
from sources.live.feed import Feed, Plan
from sources.live.lane import Lane
from sources.live.listing_watch import ListingWatch
from sources.live.polls import Polled, Polls
from sources.live.rates import Attempts
from sources.live.rest import RestFetcher
from sources.live.socket import Link, Surroundings
from sources.live.timing import Timing
from sources.live.wishes import TRIES, Wishes

STOP_WITHIN_S: Final = 1.5  # then connections that have not closed are cut
HANDOVER_S: Final = 1.0  # from leaving a topic on one connection to joining it on another


class Feeder:
    """The connections of one feed. `actions` are run in the loop, after a `wake.set()`."""

    def __init__(
        self,
        feed: Feed,
        plans: Sequence[Plan],
        lanes: Mapping[str, Lane[Any]],
        *,
        now_ns: Callable[[], int],
        timing: Timing,
        tell: Callable[[str], None],
        rest_url: str | None,
        random: Callable[[], float],
        polls: Mapping[str, Sequence[Polled]],
        watch: ListingWatch | None = None,
    ) -> None:
        self.actions: deque[Callable[[], None]] = deque()
        self.wake = asyncio.Event()
        self.stopping = False
        self.stale: dict[str, tuple[str, ...]] = {}  # by connection; replaced, never changed
        self._feed = feed
        self._lanes = lanes
        self._clocked = list(lanes.values()), now_ns, timing, tell
        self._timing = timing
        self._tell = tell
        self._rest_url = rest_url
        self._random = random
        self._wishes = Wishes(timing.wish_repeat_s)
        self._polls = Polls(polls)
        self._watch = watch
        self._fetching: set[tuple[str, str]] = set()  # (connection, url)
        around = Surroundings(
            feed=feed,
            timing=timing,
            attempts=Attempts(feed.connections_per_minute),
            tell=tell,
            random=random,
            on_open=self._opened,
            on_ready=lambda _: self.wake.set(),
        )
        self._links = {plan.name: Link(plan, lanes[plan.name], around) for plan in plans}

    # -- called in the loop --------------------------------------------------------------------

    def wish(self, connection: str, wish: Wish) -> None:
        """Ask for what a session wishes for, until it is satisfied."""
        self._wishes.add(connection, wish, _now_s())

    def satisfied(self, connection: str, instrument: str, url: str | None) -> None:
        """The instrument got it."""
        self._wishes.satisfied(connection, instrument, url)

    def mismatched(self, connection: str, instrument: str) -> None:
        """Make the session lose a book that the flow found wrong."""
        self._lanes[connection].control("wish", instrument=instrument)

    async def run(self) -> None:
        """Until `stopping`; then close everything within `STOP_WITHIN_S`."""
        async with httpx.AsyncClient(timeout=self._timing.request_s) as client:
            rest = RestFetcher(
                self._feed,
                client,
                rest_url=self._rest_url,
                timing=self._timing,
                tell=self._tell,
                random=self._random,
            )
            async with asyncio.TaskGroup() as group:
                links = [group.create_task(link.run()) for link in self._links.values()]
                others = {group.create_task(keep_clocks(*self._clocked))}
                if self._watch is not None:
                    others.add(group.create_task(self._listings(self._watch, rest)))
                while not self.stopping:
                    self._act()
                    for fetch in self._fetches(rest):
                        others.add(task := group.create_task(fetch))
                        task.add_done_callback(others.discard)
                    self._tell_stale()
                    await self._news()
                for link in self._links.values():
                    link.stop()
                for task in others:
                    task.cancel()
                _, late = await asyncio.wait(links, timeout=STOP_WITHIN_S)
                for task in late:
                    task.cancel()
        for lane in self._lanes.values():
            lane.finish()

    # -- pieces --------------------------------------------------------------------------------

    def _act(self) -> None:
        while self.actions:
            self.actions.popleft()()

    def _is_ready(self, connection: str) -> bool:
        return self._links[connection].ready

    def _opened(self, connection: str) -> None:
        self._wishes.opened(connection, _now_s())
        self.wake.set()

    def _fetches(self, rest: RestFetcher) -> Iterator[Coroutine[Any, Any, None]]:
        """Subscribe again where that is wished for; what fetches the answers that are due."""
        now_s = _now_s()
        wanted = []
        for asking in self._wishes.due(now_s, self._is_ready):
            if asking.url and (message := self._feed.question(asking.url)) is not None:
                self._links[asking.connection].say([message])
            elif asking.url:
                wanted.append((asking.connection, asking.url))
            else:
                symbol = asking.instrument.partition(":")[2]
                self._links[asking.connection].say(self._feed.again(symbol))
        for key in (*wanted, *self._polls.due(now_s, self._is_ready)):
            if key not in self._fetching:  # else its answer is on its way
                self._fetching.add(key)
                yield self._fetch(*key, rest)

    async def _fetch(self, connection: str, url: str, rest: RestFetcher) -> None:
        lane = self._lanes[connection]
        answer = await rest.fetch(url, lane.counters)
        self._fetching.discard((connection, url))
        if answer.body is not None:
            lane.answer(url, answer.body)
            return
        lane.counters.rest_failed += 1
        telling = self._links[connection].telling
        telling.once(f"no answer from {place(url)}: {answer.reason}")

    async def _listings(self, watch: ListingWatch, rest: RestFetcher) -> None:
        """Ask for the catalogue from time to time; a line tells of a change before its frames.

        A topic that moves to another connection is left first and joined later: meanwhile a
        message may be lost, as in a reconnect, but none is taken twice, which nobody could mend.
        """
        counters = next(iter(self._lanes.values())).counters
        while True:
            await asyncio.sleep(watch.every_s)
            changes = await watch.ask(rest, counters)
            for change in changes:
                name = change.plan.name
                if change.listed or change.delisted:
                    self._lanes[name].insist(WORD, listed=change.listed, delisted=change.delisted)
                self._links[name].change(change.plan, change.join, change.leave)
                self._polls.change(name, watch.feed.polls(change.plan), _now_s())
            self.wake.set()
            if moving := [change for change in changes if change.later]:
                await asyncio.sleep(HANDOVER_S)
                for change in moving:
                    self._links[change.plan.name].change(change.plan, change.later, ())

    async def _news(self) -> None:
        """Wait for actions, or for the time of the next wish or poll."""
        times = (self._wishes.next_s(self._is_ready), self._polls.next_s())
        due_s = min((t for t in times if t is not None), default=None)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(due_s):
                await self.wake.wait()
        self.wake.clear()

    def _tell_stale(self) -> None:
        stale = self._wishes.stale(_now_s())
        for connection, names in stale.items():
            new = sorted({*names} - {*self.stale.get(connection, ())})
            if new:
                self._tell(f"{connection}: no snapshot after {TRIES} tries: {', '.join(new)}")
        self.stale = stale


def _now_s() -> float:
    return asyncio.get_running_loop().time()
