"""What a live run listens to: per source the catalogue, the chosen instruments, the plans."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import httpx
from msgspec import Struct, to_builtins

from flows.catalogues import CATALOGUES, FETCH_S, Tell, fetching
from flows.live_assumed import assumed_of
from flows.live_choice import chosen, entries, in_order, news, planned, told_of
from flows.run_folders import spool_of
from schemas.errors import RunConflict, UsageError
from schemas.instrument import Instrument, instrument_name
from schemas.settings import Settings, SourceSettings
from sources.assumed import Assumed
from sources.instrument_cache import catalogue_of
from sources.instrument_lines import Listings
from sources.instruments import Catalogue
from sources.live.feed import Plan
from sources.live.segments import segment_names
from sources.live.told import Entry, Told
from sources.recording import open_recording
from sources.registry import assumed_for, feed_for
from sources.venue_feed import VenueFeed

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class LiveInput(Struct):
    """One live source, ready to be listened to."""

    source: SourceSettings
    feed: VenueFeed
    instruments: tuple[Instrument, ...]
    plans: tuple[Plan, ...]
    turnover_usd: Mapping[str, float]  # of 24 h, by instrument name
    told: Mapping[str, Told] = MappingProxyType({})  # by connections that were before
    assumed: Assumed | None = None  # of the venue; None: what is by default

    def first_of(self, plan: Plan) -> list[Entry]:
        """The instruments that the spool of a connection begins with."""
        told = self.told.get(plan.name)
        return entries(plan, self.instruments) if told is None else list(told.first.values())

    def last_of(self, plan: Plan) -> list[Entry]:
        """Those that it has so far."""
        told = self.told.get(plan.name)
        return entries(plan, self.instruments) if told is None else list(told.last.values())

    def news_of(self, plan: Plan) -> Listings:
        """What has changed since."""
        told = self.told.get(plan.name)
        return Listings() if told is None else news(told, plan, self.plans, self.instruments)


def live_inputs(settings: Settings, now_ns: int, tell: Tell) -> list[LiveInput]:
    """All live sources of the settings. Raises SeawallError when one cannot be listened to."""
    found = [_input(settings, source, now_ns, tell) for source in settings.source if source.is_live]
    if not found:
        message = "nothing to run: no [[source]] of the settings is live (see infra/live.toml)"
        raise UsageError(message)
    return found


def members_of(settings: Settings, inputs: Sequence[LiveInput]) -> tuple[str, ...]:
    """Of the market regime: as set, else as the run has begun, else by volume.

    That is per asset the perpetual with most of it, sorted by name. A later start must not choose
    anew: a replay knows only the first choice. Raises RunConflict when it is not listened to.
    """
    if settings.regime.members:
        return tuple(settings.regime.members)
    if begun := _members_begun(settings, inputs):
        heard = {i.name for one in inputs for i in one.instruments}
        told = [t for one in inputs for t in one.told.values()]
        heard |= {instrument_name(t.venue, symbol) for t in told for symbol in t.first}
        telling = {t.venue for t in told}  # who is not in their oldest lines left before those
        if lost := [n for n in begun if n not in heard and n.partition(":")[0] not in telling]:
            why = f"has {', '.join(lost)} in its market regime, which is not listened to any more"
            raise RunConflict(settings.run, why)
        return tuple(name for name in begun if name in heard)
    best: dict[str, tuple[float, str]] = {}
    for one in inputs:
        for i in one.instruments:
            if i.kind == "perpetual":
                rank = -one.turnover_usd.get(i.name, 0.0), i.name
                best[i.asset] = min(rank, best.get(i.asset, rank))
    return tuple(sorted(name for _, name in best.values()))


def _members_begun(settings: Settings, inputs: Sequence[LiveInput]) -> tuple[str, ...]:
    """What the spools of the run say; nothing before its first start."""
    begun: set[str] = set()
    for folder in (spool_of(settings) / plan.name for one in inputs for plan in one.plans):
        if folder.is_dir() and segment_names(folder):
            recording = open_recording(folder)
            recording.close()
            if recording.header is not None:
                begun.update(recording.header.members)
    return tuple(sorted(begun))


def header_of_plan(one: LiveInput, plan: Plan, members: Sequence[str]) -> dict[str, Any]:
    """What begins every segment of a connection's spool (C3)."""
    return header_of(one.feed.venue, entries(plan, one.instruments), members, one.assumed)


def header_of(
    venue: str, known: Sequence[Entry], members: Sequence[str], assumed: Assumed | None = None
) -> dict[str, Any]:
    """The same with the instruments as given; what is assumed stands there whole."""
    held = assumed_for(venue) if assumed is None else assumed
    return {
        "version": 1,
        "venue": venue,
        "instruments": list(known),
        "members": list(members),
        "assumed": to_builtins(held),
    }


def urls_of(source: SourceSettings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Hosts in place of the venue's own; `${NAME}` is a variable of the environment.

    Raises UsageError for a variable that is not set.
    """
    if source.ws_url is None:
        return {}
    return {"ws_url": expanded(source.ws_url, f"{source.venue}: ws_url", environ)}


def expanded(text: str, what: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text with the values of its `${NAME}`. Raises UsageError for one that is not set."""

    def value(found: re.Match[str]) -> str:
        if not environ.get(found[1]):
            message = f"{what} wants the variable {found[1]}, which is not set"
            raise UsageError(message)
        return environ[found[1]]

    return _VARIABLE.sub(value, text)


def _input(settings: Settings, source: SourceSettings, now_ns: int, tell: Tell) -> LiveInput:
    assert source.venue is not None  # the settings were checked
    spool = spool_of(settings)
    assumed = assumed_of(settings, source.venue)
    feed = feed_for(source.venue, source.accounts, assumed)
    if source.key is not None:
        feed.authorise(expanded(source.key, f"{source.venue}: key"))
    catalogue = _catalogue(feed, source, spool, now_ns, tell)
    told = told_of(source.venue, spool)
    instruments = feed.fixed or chosen(catalogue, source, told, tell)
    placed = {name: tuple(one.last) for name, one in told.items()}
    urls = urls_of(source)
    plans = planned(
        in_order(instruments, told),
        told,
        lambda symbols: feed.plans(source.streams, symbols, urls, placed),
        tell,
    )
    heard = {symbol for plan in plans for symbol in plan.symbols}
    if told:
        instruments = tuple(i for i in instruments if i.symbol in heard)
    for plan in plans:  # streams that the run has begun with are wanted no more
        if not plan.messages and heard.intersection(told[plan.name].last):
            why = f"has {plan.name}, and nothing that is chosen now belongs there"
            raise RunConflict(settings.run, why)
    turnover_usd = _by_name(catalogue)
    return LiveInput(source, feed, instruments, tuple(plans), turnover_usd, told, assumed)


def _catalogue(
    feed: VenueFeed, source: SourceSettings, spool: Path, now_ns: int, tell: Tell
) -> Catalogue:
    if feed.fixed:
        return Catalogue(feed.venue, now_ns, feed.fixed, {})
    with httpx.Client(timeout=FETCH_S) as client:
        fetch = fetching(feed, client, source.rest_url)
        return catalogue_of(feed, fetch, spool / CATALOGUES, now_ns=now_ns, tell=tell)


def _by_name(catalogue: Catalogue) -> dict[str, float]:
    turnover = catalogue.turnover_usd
    return {i.name: turnover.get(i.symbol, 0.0) for i in catalogue.instruments}
