"""What is wrong with `[[source]]` and `[live]`: files, venues, streams, instruments, addresses."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path as File
from typing import Final
from urllib.parse import urlsplit

from flows.settings_shape import dotted
from flows.toml_places import Path
from schemas.errors import UsageError, nearest
from schemas.instrument import VENUES
from schemas.settings import LiveSettings, SourceSettings
from sources.recording import is_spool

Found = Iterator[tuple[Path, str]]
Named = list[tuple[Path, str]]
Sources = Sequence[tuple[int, SourceSettings]]

_ONLY_LIVE: Final = ("instruments", "top", "streams", "ws_url", "rest_url", "accounts", "key")
_REFERENCE: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_SCHEMES: Final = {"ws_url": ("ws", "wss"), "rest_url": ("http", "https")}
_ADDRESS: Final = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")
_CHAIN: Final = re.compile(r"evm-[1-9][0-9]{0,17}")
_NODE: Final = re.compile(r"wss?://[^\s/@]+(/\S*)?")
_MOST_PORT: Final = 65_535


def source_mistakes(sources: Sources) -> Found:
    """Path and text of everything that is wrong with sources, given with their index."""
    yield from _files(sources)
    venues: Named = []
    for i, source in sources:
        path: Path = ("source", i)
        if source.files:
            yield from _of_files(source, path)
        elif not (source.instruments or source.top or source.accounts or is_chain(source.venue)):
            yield path, 'source needs "files", or "venue" and "instruments", "top" or "accounts"'
        elif source.venue is None:
            yield path, 'source needs "venue": a live one says where its instruments are'
        else:
            venues.append(((*path, "venue"), source.venue))
        if source.venue is not None:
            yield from _of_venue(source, source.venue, path)
        yield from _instruments(source, path)
        if source.key is not None and not _REFERENCE.fullmatch(source.key):
            text = 'source.key must name a variable of the environment, as in "${MY_KEY}"'
            yield (*path, "key"), f"{text}: a key does not belong into a file"
        yield from url_mistakes(source, path)
    seen: set[str] = set()
    for place, venue in venues:
        if venue in seen:
            yield place, f'a second live source of "{venue}": name its instruments in one'
        seen.add(venue)


def url_mistakes(source: SourceSettings, path: Path) -> Found:
    """Path and text of the addresses of a source that are none."""
    if is_chain(source.venue):
        yield from _node(source, path)
        return
    for name, schemes in _SCHEMES.items():
        yield from _url(getattr(source, name), schemes, (*path, name))


def is_chain(venue: str | None) -> bool:
    """Whether a venue is named like a chain."""
    return venue is not None and _CHAIN.fullmatch(venue) is not None


def live_mistakes(live: LiveSettings) -> Found:
    """Path and text of everything that is wrong with the section of live connections."""
    if not live.spool:
        yield ("live", "spool"), "live.spool must be a folder: every line is written there first"
    elif File(live.spool).exists() and not File(live.spool).is_dir():
        yield ("live", "spool"), f"live.spool: {live.spool} is a file, not a folder"
    if live.backoff_least_s > live.backoff_most_s:
        usual = live.backoff_least_s == LiveSettings().backoff_least_s
        text = (
            f"live.backoff_least_s ({live.backoff_least_s:g}) must not be above "
            f"live.backoff_most_s ({live.backoff_most_s:g})"
        )
        yield ("live", "backoff_most_s" if usual else "backoff_least_s"), text
    found = _ADDRESS.fullmatch(live.page)
    if live.page and (found is None or not 0 < int(found[2]) <= _MOST_PORT):
        text = f'live.page must be host:port or "", as in "127.0.0.1:8099", not "{live.page}"'
        yield ("live", "page"), text


def unknown_venue(venue: str, path: Path) -> Found:
    """A mistake when nobody knows the venue."""
    if venue not in VENUES and not is_chain(venue):
        yield path, f'unknown venue "{venue}", {nearest(venue, VENUES)}'


def twice(named: Named) -> Found:
    """A mistake for everything that has been named before."""
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield path, f'{dotted(path)}: "{name}" stands twice'
        seen.add(name)


def _files(sources: Sources) -> Found:
    named: Named = [
        (("source", i, "files", k), file)
        for i, source in sources
        for k, file in enumerate(source.files)
    ]
    for path, file in named:
        if not File(file).is_file() and not is_spool(File(file)):
            what = "is neither a file nor a spool" if File(file).exists() else "does not exist"
            yield path, f"{file} {what}"
    yield from twice(named)


def _of_files(source: SourceSettings, path: Path) -> Found:
    for name in _ONLY_LIVE:
        if getattr(source, name) not in (None, []):
            yield (*path, name), f'source.{name} is for live sources: this one has "files"'


def _of_venue(source: SourceSettings, venue: str, path: Path) -> Found:
    """The venue, and streams and accounts as far as it has them."""
    from sources import registry  # loads kernels: only when a venue is named

    if not registry.is_venue(venue):
        if venue in VENUES:
            text = f'"{venue}" cannot be read yet, only {", ".join(registry.VENUES)}'
            yield (*path, "venue"), text
        yield from unknown_venue(venue, (*path, "venue"))
        return
    feed = registry.feed_for(venue)
    if source.key is not None:
        try:
            feed.authorise(source.key)
        except UsageError as error:
            yield (*path, "key"), f"source.key: {error}"
    streams: Named = [((*path, "streams", k), word) for k, word in enumerate(source.streams)]
    for place, word in streams:
        if word not in feed.streams:
            yield place, f'{venue} has no stream "{word}", {nearest(word, feed.streams)}'
    yield from twice(streams)
    accounts: Named = [((*path, "accounts", k), name) for k, name in enumerate(source.accounts)]
    if accounts and not feed.most_accounts:
        yield (*path, "accounts"), f"{venue} shows nobody's account to others"
        return
    if len(accounts) > feed.most_accounts:
        text = f"{venue} lets {feed.most_accounts} accounts be watched, not {len(accounts)}"
        yield (*path, "accounts"), text
    for place, name in accounts:
        if not re.fullmatch(feed.account_form, name):
            yield place, f'"{name}" is no account of {venue}: it must be {feed.account_words}'
    yield from twice([(place, name.lower()) for place, name in accounts])


def _instruments(source: SourceSettings, path: Path) -> Found:
    named: Named = [((*path, "instruments", k), name) for k, name in enumerate(source.instruments)]
    for place, name in named:
        prefix = f"{source.venue}:"
        if not name or name != name.strip():
            yield place, f'source.instruments: "{name}" is no symbol and no pattern'
        elif name.startswith(prefix):
            bare = name.removeprefix(prefix)
            yield place, f'source.instruments: write "{bare}", the venue is said already'
    yield from twice(named)


def _node(source: SourceSettings, path: Path) -> Found:
    """A node has one address, with whatever path it wants; `rest_url` is none of it."""
    if source.is_live and source.ws_url is None:
        yield path, f'{source.venue} has no public node: give the source a "ws_url"'
    if source.rest_url is not None:
        yield (*path, "rest_url"), "source.rest_url: a node is asked over its ws_url alone"
    if source.ws_url is not None and not _NODE.fullmatch(source.ws_url):
        example = 'wss://host/path, where "${NAME}" stands for a variable of the environment'
        yield (*path, "ws_url"), f"source.ws_url must be {example}"


def _url(url: str | None, schemes: Sequence[str], path: Path) -> Found:
    if url is None:
        return
    form = f"{schemes[0]}://host:port or {schemes[1]}://host:port"
    try:
        parts = urlsplit(url)
        bare = (parts.hostname, parts.port)
    except ValueError:
        yield path, f'{dotted(path)} must be {form}, not "{url}"'
        return
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in schemes or not bare[0] or more:
        yield path, f'{dotted(path)} must be {form}, not "{url}"'
