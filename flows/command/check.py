"""`seawall check`: what a settings file would run, or every mistake in it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from flows.rule_words import rule_words
from flows.run_folders import state_of
from flows.settings import load, numbers_hash
from flows.settings_sense import present
from flows.settings_sources import Found
from schemas.settings import LiveSettings, Settings, SourceSettings
from sinks.address import address


def check(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="Settings file (TOML).")],
) -> None:
    """Show what a settings file would run; every mistake with its place, and exit 2.

    Venues of live sources are asked what they list; the store is not touched.
    """
    console, aside = Console(), Console(stderr=True)

    def tell(text: str) -> None:
        aside.print(escape(text), highlight=False, soft_wrap=True)

    def not_listed(settings: Settings) -> Found:
        if any(source.is_live for _, source in present(settings.source)):
            from flows.catalogues import unlisted  # loads what speaks to venues: only when needed

            with aside.status("asking the venues what they list"):
                yield from unlisted(settings, time.time_ns(), tell)

    settings = load(config, os.environ, {}, not_listed)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in described(settings):
        table.add_row(name, Text(text))
    console.print(table)


def described(settings: Settings) -> Iterator[tuple[str, str]]:
    """Name and sentence of everything that would run."""
    regime = settings.regime
    yield "run", settings.run
    for source in settings.source:
        for file in source.files:
            venue = source.venue or "venue from its name or first line"
            yield "source", f"{file} ({Path(file).stat().st_size / 1e6:.1f} MB, {venue})"
        if source.is_live:
            yield "source", live_words(source)
    if not settings.source:
        yield "source", "none: name recordings on the command line"
    if any(source.is_live for source in settings.source):
        yield from _live(settings.live)
    yield "store", str(address(settings.store.url))
    yield "state", _state(settings)
    yield "grid", settings.grid.interval
    yield "regime", f"a step of {regime.step_s:g} s, stress from P = {regime.enter:g} on"
    members = ", ".join(regime.members or ()) or "per asset the perpetual with most volume"
    yield "market regime of", members
    for instrument in settings.instrument:
        yield "instrument", f"{instrument.name}, with metadata from these settings"
    for rule in settings.rule:
        yield f"rule {rule.name}", rule_words(rule)
    if not settings.rule:
        yield "rule", "none: nothing is triggered"
    yield "hash of numbers", numbers_hash(settings)


def _state(settings: Settings) -> str:
    if settings.state.dir is not None:
        return settings.state.dir
    if any(source.is_live for source in settings.source):
        return f"{state_of(settings)}: a stopped run goes on from where it was"
    return "none: a stopped run starts again from its first line"


def live_words(source: SourceSettings) -> str:
    """A live source in one sentence."""
    wanted = [*source.instruments]
    if source.top is not None:
        wanted.append(f"the {source.top} with most volume")
    wanted += [f"account {name}" for name in source.accounts]
    wanted = wanted or ["the chain"]  # nothing else has none
    streams = ", ".join(source.streams) or "all its usual streams"
    urls = [url for url in (source.ws_url, source.rest_url) if url]
    where = f", at {' and '.join(urls)}" if urls else ""
    return f"{source.venue}, live: {', '.join(wanted)}: {streams}{where}"


def _live(live: LiveSettings) -> Iterator[tuple[str, str]]:
    kept = f"kept for {live.keep_hours:g} h" if live.keep_hours else "kept for ever"
    segment = f"{live.segment_mb:g} MB or {live.segment_minutes:g} min"
    yield "spool", f"{live.spool}, in segments of {segment}, {kept}"
    yield "queue", f"{live.queue_frames} frames or {live.queue_mb:g} MB for each connection"
    yield "page", f"http://{live.page}/" if live.page else "none"
