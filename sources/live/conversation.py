"""One open connection as a matter of talk: what to say, what was heard, when to give it up.

No socket and no clock here: frames and times (seconds of any steady clock) are passed in, and
what is to be sent is asked for.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from sources.live.feed import Acknowledged, Feed, Plan
from sources.live.health import Counters
from sources.live.rates import message_rate

CONTROL_BYTES: Final = 1024
"""Longer frames are market data; only outstanding acknowledgements are looked for in them."""
_BEGINNING: Final = 160  # bytes of a frame that name what it is about
LIFETIME_SPREAD: Final = 0.05
"""Share of its life by which chance shortens it: what opens together is not renewed together."""


class Conversation:
    """What has been said and heard since a connection was opened. `luck` is in [0, 1)."""

    def __init__(
        self,
        feed: Feed,
        plan: Plan,
        *,
        opened_s: float,
        acknowledge_s: float,
        luck: float,
        counters: Counters,
        tell: Callable[[str], None],
    ) -> None:
        self.frames = 0  # of the market
        self._feed = feed
        self._plan = plan
        self._urgent = feed.urgent
        self._counters = counters
        self._tell = tell
        self._acknowledge_s = acknowledge_s
        self._rate = message_rate(feed.messages_per_s)
        self._slot_s: float | None = None  # when the next message may leave
        self._first = deque[bytes]()  # replies and heartbeats: before everything else
        self._asks = deque(plan.messages)  # subscriptions
        self._books = deque[bytes]()  # wished for anew: before what is joined and left later
        self._rest = deque[bytes]()
        self._waiting = dict.fromkeys(plan.expected)
        self._alone: set[str] = set()  # topics that were asked for by themselves
        self._doubt = False  # something was refused, perhaps with more than it names
        self._deadline_s: float | None = None  # for acknowledgements
        self._heard_s = opened_s
        life_s = feed.lifetime_s
        self._ends_s = None if life_s is None else opened_s + life_s * (1 - LIFETIME_SPREAD * luck)
        self._leaving = False
        self._beat_s = opened_s if feed.heartbeat_s > 0 else None
        self.ready = False  # whether all subscriptions have been sent
        if not self._asks:
            self._subscribed(opened_s)

    # -- hearing -------------------------------------------------------------------------------

    def heard(self, frame: bytes, now_s: float) -> bool:
        """Take note of a frame; True when `verdict` or `message` have news because of it."""
        short = len(frame) <= CONTROL_BYTES
        if not self._waiting and (not short or not self._feed.idle(frame)):
            self._market(now_s)
            self._leaving = self._leaving or (short and self._feed.leaving(frame))
            return self._leaving
        if short or self._waiting:
            said = self._feed.acknowledged(frame)
            if said is not None:
                return self._acknowledged(said)
        if not short:
            self._market(now_s)
            return False
        answer = self._feed.reply(frame)
        if answer is not None:
            self._first.append(answer)
        self._leaving = self._leaving or self._feed.leaving(frame)
        if self._plan.quiet or not self._feed.idle(frame):
            self._market(now_s)
        return answer is not None or self._leaving

    def urgent(self, frame: bytes) -> bool:
        """Whether a frame has events that cannot wait for the next grid time."""
        for word in self._urgent:  # noqa: SIM110  (asked of every frame: `any` takes thrice as long)
            if frame.find(word, 0, _BEGINNING) >= 0:
                return True
        return False

    def _market(self, now_s: float) -> None:
        self.frames += 1
        self._heard_s = now_s

    def _acknowledged(self, said: Acknowledged) -> bool:
        for topic in said.confirmed:
            self._waiting.pop(topic, None)
        self._doubt = self._doubt or bool(said.refused)
        asked = self._asked_alone(topic for topic, _ in said.apart)
        final = [one for one in said.apart if one[0] not in self._alone]
        for topic, reason in (*said.refused, *final):
            self._waiting.pop(topic, None)
            self._counters.refused += 1
            about = topic or "a subscription that it does not name"
            self._tell(f"{self._feed.venue} refused {about}: {reason}")
        return bool(asked)

    def _asked_alone(self, topics: Iterable[str]) -> set[str]:
        """Ask for topics one by one, each at most once; those that are asked for now."""
        found: set[str] = set()
        for topic in topics:
            message = None if topic in self._alone else self._feed.alone(topic)
            if message is not None:
                self._alone.add(topic)
                found.add(topic)
                self._asks.append(message)
                self._waiting[topic] = None
                self._deadline_s = None  # until they are all out
        return found

    # -- judging -------------------------------------------------------------------------------

    def verdict(self, now_s: float) -> str | None:
        """Why the connection is to be given up now; None: it is not."""
        if self._deadline_s is not None and now_s >= self._deadline_s:
            self._deadline_s = None
            self._unacknowledged()
        if self._leaving:
            return "leaving"
        if now_s >= self._heard_s + self._feed.stale_s:
            return "stale"
        if self._ends_s is not None and now_s >= self._ends_s:
            return "lifetime"
        return None

    def _unacknowledged(self) -> None:
        asked = self._asked_alone(list(self._waiting)) if self._doubt else set()
        missing = [topic for topic in self._waiting if topic not in asked]
        if not missing:
            return
        self._waiting = dict.fromkeys(asked)
        self._counters.unacknowledged += len(missing)
        shown = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        self._tell(
            f"{self._feed.venue} has not confirmed {len(missing)} of {len(self._plan.expected)} "
            f"topics within {self._acknowledge_s:g} s: {shown}"
        )

    # -- saying --------------------------------------------------------------------------------

    def change(self, plan: Plan, join: Iterable[bytes], leave: Iterable[bytes]) -> None:
        """Go on with another plan: subscribe to what it has more, give up what it has less."""
        gone = set(self._plan.expected) - set(plan.expected)
        new = [topic for topic in plan.expected if topic not in self._plan.expected]
        self._plan = plan
        self._rest.extend(leave)
        self._asks.extend(join)
        self._alone.difference_update(new)
        self._waiting = dict.fromkeys([*(t for t in self._waiting if t not in gone), *new])
        if self._asks:
            self._deadline_s = None  # until they are all out

    def say(self, messages: Iterable[bytes]) -> None:
        """Send these when their turn comes: after the first subscriptions, before later ones."""
        self._books.extend(messages)

    def message(self, now_s: float) -> bytes | None:
        """What to send now, within the venue's rate; None: nothing now."""
        if self._beat_s is not None and now_s >= self._beat_s and self.ready:
            self._beat_s = now_s + self._feed.heartbeat_s
            beat = self._feed.heartbeat()
            if beat is not None:
                self._first.append(beat)
        if not (self._first or self._asks or self._books or self._rest):
            return None
        if self._slot_s is None:
            self._slot_s = self._rate.reserve(now_s)
        if now_s < self._slot_s:
            return None
        self._slot_s = None
        if self._first:
            return self._first.popleft()
        if self._books and self.ready:
            return self._books.popleft()
        if not self._asks:
            return self._rest.popleft()
        message = self._asks.popleft()
        if not self._asks:
            self._subscribed(now_s)
        return message

    def _subscribed(self, now_s: float) -> None:
        self.ready = True
        self._deadline_s = now_s + self._acknowledge_s if self._waiting else None

    def due_s(self) -> float:
        """When to ask for `verdict` and `message` next, if nothing is heard before."""
        times = [self._heard_s + self._feed.stale_s]
        times += [t for t in (self._ends_s, self._deadline_s) if t is not None]
        if self._beat_s is not None and self.ready:
            times.append(self._beat_s)
        if self._slot_s is not None:
            times.append(self._slot_s)
        return min(times)
