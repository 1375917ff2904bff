"""The watch over what a venue lists while a live run goes on, made from its settings."""

from collections.abc import Callable, Mapping, Sequence

from flows.catalogues import CATALOGUES
from flows.live_inputs import LiveInput, header_of, urls_of
from flows.run_folders import spool_of
from schemas.instrument import Instrument
from schemas.settings import Settings
from sources.instrument_cache import save
from sources.instrument_lines import entry_of
from sources.live.listing_watch import ListingWatch
from sources.live.spool import Spool

MINUTE_S = 60.0


def watch_of(
    settings: Settings,
    one: LiveInput,
    spools: Mapping[str, Spool],
    members: Sequence[str],
    now_ns: Callable[[], int],
    tell: Callable[[str], None],
) -> ListingWatch | None:
    """The watch over one source; None when the settings want none."""
    if not settings.live.listing_minutes:
        return None
    folder = spool_of(settings) / CATALOGUES

    def told(connection: str, instruments: list[Instrument]) -> None:
        known = [entry_of(instrument) for instrument in instruments]
        spools[connection].begin_with(header_of(one.feed.venue, known, members, one.assumed))

    return ListingWatch(
        one.feed,
        every_s=settings.live.listing_minutes * MINUTE_S,
        wanted=one.source.instruments,
        streams=one.source.streams,
        urls=urls_of(one.source),
        plans=one.plans,
        instruments=one.instruments,
        told=told,
        keep=lambda catalogue: save(folder, catalogue),
        now_ns=now_ns,
        tell=tell,
    )
