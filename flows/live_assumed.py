"""What a live run assumes of a venue: as its settings say and, once begun, as its spool says."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from flows.run_folders import spool_of
from schemas.chain import chain_key
from schemas.chain_contract import ChainSettings
from schemas.errors import RunConflict
from schemas.settings import Settings
from sources.assumed import Assumed
from sources.evm.assumed import EvmAssumed
from sources.live.segments import segment_names
from sources.recording import open_recording
from sources.registry import assumed_for


def given_of(settings: Settings) -> dict[str, dict[str, Any]]:
    """What settings say of venues, by venue: `[assumed]`, and of a chain its `[[chain]]`."""
    chains = {f"evm-{chain.id}": {"chain": to_builtins(chain)} for chain in settings.chain}
    return {**settings.assumed, **chains}


def chains_of(assumed: Iterable[tuple[str, Assumed | None]]) -> dict[str, ChainSettings]:
    """The settings of every chain among some venues, by the key that its items travel by."""
    found = {}
    for venue, one in assumed:
        if isinstance(one, EvmAssumed):
            chain = one.of(venue)
            found[chain_key(chain.id)] = chain
    return found


def assumed_of(settings: Settings, venue: str) -> Assumed:
    """The settings of a venue over its defaults, or what the run has begun with.

    A replay knows one value for the whole of a spool, so no later start may have another. Raises
    RunConflict when the settings want one.
    """
    given = given_of(settings).get(venue, {})
    begun = _begun(spool_of(settings), venue)
    if begun is None:
        return assumed_for(venue, given)
    wanted = assumed_for(venue, given)
    if other := [key for key in given if getattr(begun, key) != getattr(wanted, key)]:
        why = f"has begun with another {', '.join(other)} of {venue} in [assumed]"
        raise RunConflict(settings.run, why)
    return begun


def _begun(spool: Path, venue: str) -> Assumed | None:
    """As the first connection of the venue says; None: there is none yet."""
    for folder in sorted(spool.iterdir()) if spool.is_dir() else ():
        if folder.is_dir() and segment_names(folder):
            recording = open_recording(folder)
            recording.close()
            if recording.header is not None and recording.header.venue == venue:
                return assumed_for(venue, recording.header.assumed)
    return None
