"""The thread that owns all connections of one feed, as the flow's thread sees it.

flow's thread                          feeder's thread
   start, stop, wish, satisfied  ─▶   connections, wishes (REST or subscribing again), clocks
   lane.drain                    ◀─   lane.frame, lane.answer, lane.control

What fails in the feeder comes out of every lane's `drain`, after its last line.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event, Thread
from types import MappingProxyType
from typing import Any, Final

from schemas.control import Wish
from sources.live.feed import Feed, Plan
from sources.live.feeder import STOP_WITHIN_S, Feeder
from sources.live.lane import Lane
from sources.live.listing_watch import ListingWatch
from sources.live.polls import Polled
from sources.live.timing import Timing

_JOIN_S: Final = STOP_WITHIN_S + 0.5


class SocketOwner:
    """The connections of one feed; `lanes` has the lane of each plan, by the plan's name.

    `tell` gets sentences for people and is called in the feeder's thread, as are the lanes'
    `append` and `now_ns` from `start` on. `rest_url` replaces scheme and host of REST URLs.
    `polls`: REST questions asked again and again, by connection. `watch` changes plans as the
    venue's catalogue changes.
    """

    def __init__(
        self,
        feed: Feed,
        plans: Sequence[Plan],
        lanes: Mapping[str, Lane[Any]],
        *,
        now_ns: Callable[[], int],
        timing: Timing,
        tell: Callable[[str], None],
        rest_url: str | None = None,
        random: Callable[[], float] = random.random,
        polls: Mapping[str, Sequence[Polled]] = MappingProxyType({}),
        watch: ListingWatch | None = None,
    ) -> None:
        self.plans = tuple(plans)
        self.lanes = {plan.name: lanes[plan.name] for plan in plans}
        self._feeder = Feeder(
            feed,
            self.plans,
            self.lanes,
            now_ns=now_ns,
            timing=timing,
            tell=tell,
            rest_url=rest_url,
            random=random,
            polls=polls,
            watch=watch,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = False
        self._done = Event()
        self._thread = Thread(target=self._run, name=f"feeder {feed.venue}", daemon=True)

    def start(self) -> None:
        """Open the connections. A second call does nothing."""
        if not self._started:
            self._started = True
            self._thread.start()

    def wish(self, connection: str, wish: Wish) -> None:
        """Ask for what a session of the connection wishes for, until it is satisfied."""
        self._post(lambda: self._feeder.wish(connection, wish))

    def satisfied(self, connection: str, instrument: str, url: str | None = None) -> None:
        """The instrument got what it wished for (`url`: only the wish for that answer)."""
        self._post(lambda: self._feeder.satisfied(connection, instrument, url))

    def mismatched(self, connection: str, instrument: str) -> None:
        """The flow found a book wrong: a `!wish` line makes its session lose it."""
        self._post(lambda: self._feeder.mismatched(connection, instrument))

    def stale(self, connection: str) -> tuple[str, ...]:
        """Instruments of a connection that have wished in vain, sorted."""
        return self._feeder.stale.get(connection, ())

    def stop(self) -> None:
        """Close everything; what was received stays in the lanes. Does not wait."""
        self._feeder.stopping = True
        self._post(lambda: None)

    def join(self, timeout_s: float = _JOIN_S) -> bool:
        """Wait for the feeder to end; whether it has."""
        if self._started:
            self._done.wait(timeout_s)
        return self.ended

    @property
    def ended(self) -> bool:
        """Whether nothing more comes into the lanes: stopped, failed, or stopped before start."""
        return self._done.is_set() if self._started else self._feeder.stopping

    def _post(self, action: Callable[[], None]) -> None:
        if self._done.is_set():
            return
        self._feeder.actions.append(action)
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended: nobody needs the action
                self._loop.call_soon_threadsafe(self._feeder.wake.set)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        work = asyncio.ensure_future(self._feeder.run())
        await asyncio.wait((work,))
        error = work.exception()
        if error is not None:
            for lane in self.lanes.values():
                lane.fail(_first(error))
        self._done.set()


def _first(error: BaseException) -> BaseException:
    """The failure that began it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
