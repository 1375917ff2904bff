"""A live run's connections, from plans to lanes, and what its dataflow has to know of them."""

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from msgspec import Struct

from flows.assumptions import on_assumptions
from flows.live_assumed import chains_of
from flows.live_inputs import LiveInput, header_of, header_of_plan, members_of
from flows.live_watch import watch_of
from flows.run_folders import spool_of
from flows.settings import grid_ns, numbers_hash
from flows.wiring import Wiring, refine_with
from schemas.instrument import instrument_name
from schemas.settings import Settings
from schemas.units import NS_PER_S
from sources.connection import Connection
from sources.instrument_lines import listed_in
from sources.live.clock import SLEW_PPM, DisciplinedClock
from sources.live.feed import Plan
from sources.live.feeding import Feeding, Gate
from sources.live.lane import Lane
from sources.live.owner import SocketOwner
from sources.live.reread import reread
from sources.live.source import LiveConnection
from sources.live.spool import Position, Spool
from sources.live.timing import Timing
from sources.registry import session_for

_MB = 1_000_000
_FIRST = "first-line-hash"


class LiveWiring(Wiring, frozen=True):
    """Known before anything flows, but for the first lines, which come later."""

    spools: dict[str, Path]
    venues: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The venues: a connection more is no other run."""
        return self.venues

    @property
    def connections(self) -> list[str]:
        """Names of all connections."""
        return list(self.spools)

    def first_line_hash(self, connection: str) -> str:
        """Hash of a connection's first line, as a replay of its spool has it."""
        return _first_line_hash(self.spools[connection])


@cache
def _first_line_hash(folder: Path) -> str:
    """Kept beside the segments: the first of them may be deleted one day."""
    kept = folder / _FIRST
    if kept.exists():
        return kept.read_text(encoding="ascii")
    first = next(reread(folder, 0)).partition(b"\n")[0] + b"\n"
    found = blake2b(first, digest_size=16).hexdigest()
    kept.write_text(found, encoding="ascii")
    return found


class Live(Struct):
    """Everything of a live run that is open."""

    wiring: LiveWiring
    connections: dict[str, LiveConnection]
    owners: list[SocketOwner]
    venues: dict[str, str]  # of each connection
    tell: Callable[[str], None]

    def stop(self) -> None:
        """Close the sockets; what was received stays to be drained."""
        for owner in self.owners:
            owner.stop()

    def close(self) -> None:
        """Wait for the sockets, let go of the spools, tell what rests on assumptions."""
        self.stop()
        for owner in self.owners:
            owner.join()
        for one in self.connections.values():
            one.feeding.spool.close()
        if told := on_assumptions(one.connection.session for one in self.connections.values()):
            self.tell(told)


def wire_live(settings: Settings, inputs: Sequence[LiveInput], tell: Callable[[str], None]) -> Live:
    """Open the spools and prepare the connections; nothing is connected yet."""
    clock = DisciplinedClock(on_step=lambda seconds: tell(stepped(seconds)))
    members = members_of(settings, inputs)
    live = Live(_wiring(settings, inputs, members), {}, [], {}, tell)
    for one in inputs:
        headers = {
            plan.name: header_of(one.feed.venue, one.last_of(plan), members, one.assumed)
            for plan in one.plans
        }
        spools = {name: _spool(settings, name, header) for name, header in headers.items()}
        for spool in spools.values():
            clock.not_before(spool.last_ns or 0)
        lanes = {name: _lane(settings, name, spool, clock) for name, spool in spools.items()}
        owner = SocketOwner(
            one.feed,
            one.plans,
            lanes,
            now_ns=clock.now_ns,
            timing=_timing(settings),
            tell=tell,
            rest_url=one.source.rest_url,
            polls={plan.name: one.feed.polls(plan) for plan in one.plans},
            watch=watch_of(settings, one, spools, members, clock.now_ns, tell),
        )
        gate = Gate(owner)
        live.owners.append(owner)
        for plan in one.plans:
            feeding = Feeding(spools[plan.name], lanes[plan.name], owner, gate)
            feeding.news = one.news_of(plan), header_of_plan(one, plan, members)
            connection = _connection(settings, one, plan)
            live.connections[plan.name] = LiveConnection(feeding, connection)
            live.venues[plan.name] = one.feed.venue
    return live


def stepped(seconds: float) -> str:
    """What became of the stamps when somebody set the system's clock."""
    if seconds > 0:
        return f"the system's clock was set {seconds:.1f} s ahead: so are the stamps from now on"
    return (
        f"the system's clock was set back by {-seconds:.1f} s: the stamps go on and run slow by "
        f"{SLEW_PPM / 1e4:g} % until it has caught up"
    )


def _wiring(
    settings: Settings, inputs: Sequence[LiveInput], members: tuple[str, ...]
) -> LiveWiring:
    connections_of: dict[str, list[str]] = {}
    spools: dict[str, Path] = {}
    for one in inputs:
        for plan in one.plans:
            spools[plan.name] = spool_of(settings) / plan.name
            for entry in one.first_of(plan):
                name = instrument_name(one.feed.venue, str(entry["symbol"]))
                connections_of.setdefault(name, []).append(plan.name)
    return LiveWiring(
        listings=(),
        connections_of={name: tuple(sorted(c)) for name, c in sorted(connections_of.items())},
        members=members,
        settings_hash=numbers_hash(settings),
        code_version=version("seawall"),
        chains=chains_of((one.feed.venue, one.assumed) for one in inputs),
        spools=spools,
        venues=tuple(sorted(one.feed.venue for one in inputs)),
    )


def _spool(settings: Settings, name: str, header: dict[str, Any]) -> Spool:
    live = settings.live
    return Spool(
        spool_of(settings),
        name,
        header=header,
        segment_bytes=round(live.segment_mb * _MB),
        segment_s=live.segment_minutes * 60.0,
        keep_s=live.keep_hours * 3600.0 or None,
        needed=0,  # until the flow has stored a state
    )


def _lane(settings: Settings, name: str, spool: Spool, clock: DisciplinedClock) -> Lane[Position]:
    return Lane(
        name,
        append=spool.append,
        now_ns=clock.now_ns,
        most_frames=settings.live.queue_frames,
        most_bytes=round(settings.live.queue_mb * _MB),
    )


def _timing(settings: Settings) -> Timing:
    live = settings.live
    return Timing(
        grid_ns=grid_ns(settings),
        backoff_least_s=live.backoff_least_s,
        backoff_most_s=live.backoff_most_s,
        wish_repeat_s=live.wish_repeat_s,
    )


def _connection(settings: Settings, one: LiveInput, plan: Plan) -> Connection:
    refine = refine_with(settings.instrument)
    session = session_for(one.feed.venue, plan.name, refine, one.assumed)
    session.list_instruments(listed_in(one.first_of(plan), one.feed.venue, refine))
    return Connection(
        plan.name,
        session,
        grid_ns=grid_ns(settings),
        hole_ns=round(settings.stale.hole_s * NS_PER_S),
        foreign=False,
    )
