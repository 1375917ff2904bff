"""All pools of a chain as a fold over its logs: state by address, and which ones want a reading."""

import json
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from models.pools.held import NOTHING, Held, held_after
from models.pools.path import PoolState
from models.pools.pool import Pool
from models.pools.v2 import Reserves
from models.pools.v3 import Concentrated, net_at, with_net
from schemas.chain import BlockAt
from schemas.chain_event import Event
from schemas.errors import BrokenInvariant

VERSION: Final = 1


class Done(Struct, frozen=True):
    """What `undo` needs: what was held before; of a v3 state only the ticks that changed."""

    address: str
    before: Held
    nets: tuple[tuple[int, int | None], ...] | None  # None: `before` has all ticks


class Pools:
    """Pools of one chain that were learnt, and their state as far as logs and readings told it."""

    def __init__(self, pools: Sequence[Pool] = ()) -> None:
        self._pools: dict[str, Pool] = {}
        self._held: dict[str, Held] = {}
        self._pairs: dict[tuple[str, str], tuple[str, ...]] = {}
        for pool in pools:
            self.learn(pool)

    def learn(self, pool: Pool) -> None:
        """Take a pool, or new constants of one. No log: `undo` does not forget it."""
        if pool.address in self._pools:
            old = self._pools[pool.address]
            pair = (old.token0, old.token1)
            rest = tuple(a for a in self._pairs[pair] if a != pool.address)
            self._pairs[pair] = rest
        self._pools[pool.address] = pool
        pair = (pool.token0, pool.token1)
        self._pairs[pair] = tuple(sorted({*self._pairs.get(pair, ()), pool.address}))

    def pool(self, address: str) -> Pool | None:
        """Constants of a pool; None: never learnt."""
        return self._pools.get(address)

    def held(self, address: str) -> Held:
        """What is held of a pool, perhaps nothing."""
        return self._held.get(address, NOTHING)

    def addresses(self) -> tuple[str, ...]:
        """All pools that were learnt, sorted."""
        return tuple(sorted(self._pools))

    def between(self, one: str, other: str) -> tuple[Pool, ...]:
        """All pools of two tokens, sorted by address."""
        pair = (min(one, other), max(one, other))
        return tuple(self._pools[address] for address in self._pairs.get(pair, ()))

    def wishes(self) -> tuple[str, ...]:
        """Pools that want a reading: no state, one that is unproved, or left what was read."""
        return tuple(address for address in self.addresses() if _wants(self.held(address)))

    def apply(self, at: BlockAt, address: str, event: Event) -> Done | None:
        """As `Fold.apply`."""
        pool = self._pools.get(address)
        if pool is None:
            return None
        before = self.held(address)
        after = held_after(pool, before, at.number, event)
        if after is None or after == before:
            return None
        self._held[address] = after
        return _done(address, before, after)

    def undo(self, done: Done) -> None:
        """As `Fold.undo`."""
        before, now = done.before, self._held[done.address].state
        old = before.state
        if done.nets is not None and isinstance(old, Concentrated):
            if not isinstance(now, Concentrated):
                message = f"pool {done.address} has no ticks to take back"
                raise BrokenInvariant(message)
            ticked = now
            for tick, net in done.nets:
                ticked = with_net(ticked, tick, net)
            old = msgspec.structs.replace(old, ticks=ticked.ticks, nets=ticked.nets)
            before = msgspec.structs.replace(before, state=old)
        if before == NOTHING:
            del self._held[done.address]
        else:
            self._held[done.address] = before

    def snapshot(self) -> bytes:
        """Pools and states as JSON, sorted: equal states give equal bytes."""
        pools = [msgspec.to_builtins(self._pools[a]) for a in self.addresses()]
        held = [
            (a, h.block, h.unproved, h.missed, type(h.state).__name__, _fields(h.state))
            for a, h in sorted(self._held.items())
        ]
        return json.dumps((VERSION, pools, held), separators=(",", ":")).encode()

    def restore(self, state: bytes) -> None:
        """Inverse of `snapshot`. Raises BrokenInvariant for a state of another version.

        What was learnt stays learnt, for it is no state of the chain: a fold that begins anew from
        an empty snapshot still knows its pools.
        """
        version, pools, held = json.loads(state)
        if version != VERSION:
            message = f"state of pools has version {version}, this program reads {VERSION}"
            raise BrokenInvariant(message)
        self._held = {}
        for pool in pools:
            self.learn(msgspec.convert(pool, Pool))
        for address, block, unproved, missed, kind, fields in held:
            self._held[address] = Held(_state(kind, fields), block, unproved, missed)


def _wants(held: Held) -> bool:
    state = held.state
    outside = isinstance(state, Concentrated) and not state.inside
    return state is None or held.unproved != "" or outside


def _done(address: str, before: Held, after: Held) -> Done:
    old, new = before.state, after.state
    if not isinstance(old, Concentrated) or not isinstance(new, Concentrated):
        return Done(address, before, None)
    changed: tuple[tuple[int, int | None], ...] = ()
    if old.ticks is not new.ticks or old.nets is not new.nets:
        ends = {*zip(old.ticks, old.nets, strict=True)} ^ {*zip(new.ticks, new.nets, strict=True)}
        changed = tuple((tick, net_at(old, tick)) for tick in sorted({tick for tick, _ in ends}))
    bare = msgspec.structs.replace(old, ticks=(), nets=())
    return Done(address, msgspec.structs.replace(before, state=bare), changed)


def _fields(state: PoolState | None) -> tuple[object, ...]:
    return () if state is None else msgspec.structs.astuple(state)


def _state(kind: str, fields: list[object]) -> PoolState | None:
    if kind == Reserves.__name__:
        return msgspec.convert(dict(zip(Reserves.__struct_fields__, fields, strict=True)), Reserves)
    if kind == Concentrated.__name__:
        named = dict(zip(Concentrated.__struct_fields__, fields, strict=True))
        return msgspec.convert(named, Concentrated)
    return None
