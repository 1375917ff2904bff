"""What venues list, asked over REST before anything runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx
from msgspec.structs import replace

from flows.live_assumed import assumed_of
from flows.live_choice import told_of
from flows.run_folders import spool_of
from flows.settings_sense import present
from flows.settings_sources import Found, url_mistakes
from schemas.errors import SeawallError, UsageError
from schemas.settings import Settings, SourceSettings
from sources.instrument_cache import gathered, load
from sources.instrument_choice import is_pattern, missing
from sources.instruments import Catalogue
from sources.live.rest import at_host
from sources.registry import VENUES, feed_for
from sources.venue_feed import VenueFeed

CATALOGUES: Final = "catalogues"  # folder beside the connections of a spool
FETCH_S: Final = 20.0
_CHECK_S: Final = 5.0  # nothing depends on it: a venue that cannot be reached is told

Tell = Callable[[str], None]


def fetching(feed: VenueFeed, client: httpx.Client, rest_url: str | None) -> Callable[[str], bytes]:
    """How to get the answer to a URL of the feed. It raises SeawallError when there is none."""

    def fetch(url: str) -> bytes:
        request = feed.request(url)
        request = replace(request, url=at_host(request.url, rest_url)) if rest_url else request
        try:
            answer = client.request(
                request.method,
                request.url,
                content=request.body or None,
                headers=dict(feed.headers),
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            message = f"{request.url} gave no answer: {str(error) or type(error).__name__}"
            raise SeawallError(message) from error
        return answer.content

    return fetch


def unlisted(settings: Settings, now_ns: int, tell: Tell) -> Found:
    """Path and text of every instrument of the live sources that its venue does not list.

    Writes nothing. Where a venue gives no listing and none is kept, `tell` gets a sentence.
    """
    spool = spool_of(settings)
    for i, source in present(settings.source):
        if not source.is_live or source.venue not in VENUES or not source.instruments:
            continue
        if any(url_mistakes(source, ("source", i))):
            continue  # told already
        try:
            feed = feed_for(source.venue, assumed=assumed_of(settings, source.venue))
        except UsageError as error:
            yield ("assumed", source.venue), str(error)
            continue
        catalogue = _catalogue(feed, source, spool / CATALOGUES, now_ns, tell)
        if catalogue is None:
            continue
        told = told_of(source.venue, spool)
        before = {symbol for one in told.values() for symbol in (*one.first, *one.last)}
        for k, text in missing(catalogue, source.instruments):
            name = source.instruments[k]
            if name not in before and not (told and is_pattern(name)):  # else delisted since
                yield ("source", i, "instruments", k), f"{source.venue}: {text}"


def _catalogue(
    feed: VenueFeed, source: SourceSettings, folder: Path, now_ns: int, tell: Tell
) -> Catalogue | None:
    try:
        with httpx.Client(timeout=_CHECK_S) as client:
            return gathered(feed, fetching(feed, client, source.rest_url), now_ns)
    except (SeawallError, httpx.InvalidURL, ValueError) as error:
        kept = load(folder, feed.venue, tell)
        instead = "they are not checked" if kept is None else "an older listing is used"
        tell(f"{feed.venue}: no listing of its instruments, {instead}: {error}")
        return kept
