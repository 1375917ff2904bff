"""Logs of known contracts as typed events. One log may say several things, or nothing.

A topic tells the event, not who emitted it: anybody can emit anything, so whoever asks filters by
address.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from schemas.chain_event import Event
from schemas.errors import BrokenInvariant, nearest
from sources.evm.abi import Malformed
from sources.evm.events import (
    aave,
    aave_configurator,
    authority,
    chainlink,
    comet,
    compound_v2,
    pools,
    tokens,
)
from sources.evm.events.form import Form

_GROUPS: Final[Mapping[str, tuple[Form, ...]]] = {
    "tokens": tokens.FORMS,
    "pools": pools.FORMS,
    "chainlink": chainlink.FORMS,
    "aave": aave.FORMS + aave_configurator.FORMS,
    "comet": comet.FORMS,
    "compound-v2": compound_v2.FORMS,
    "authority": authority.FORMS,
}
_FORMS: Final = {
    (each.topic, len(each.indexed)): each for group in _GROUPS.values() for each in group
}
TOPICS: Final[Mapping[str, str]] = MappingProxyType(
    {each.topic: each.name for each in _FORMS.values()}
)
"""First topics that are understood, and the names of their events."""


def events_of(topics: Sequence[str], data: bytes) -> tuple[Event, ...]:
    """What a log says: nothing for an unknown first topic, and for a log without topics.

    Raises Malformed when the first topic is known and the other topics or the data do not fit it.
    """
    first = topics[0].lower() if topics else ""
    if first not in TOPICS:
        return ()
    found = _FORMS.get((first, len(topics) - 1))
    if found is None:
        message = f"{TOPICS[first]}: no known form has {len(topics)} topics"
        raise Malformed(message)
    return found.events(topics[1:], data)


def topics_of(*groups: str) -> tuple[str, ...]:
    """First topics of groups, for the filter of a log subscription, each once.

    Groups: tokens, pools, chainlink, aave, comet, compound-v2, authority.
    """
    for group in groups:
        if group not in _GROUPS:
            message = f"no group of events is called {group!r}: {nearest(group, tuple(_GROUPS))}"
            raise BrokenInvariant(message)
    return tuple(dict.fromkeys(each.topic for group in groups for each in _GROUPS[group]))
