"""A venue's catalogue: everything it lists now, and how much of each was traded within 24 h.

url ─▶ answer ─▶ page (instruments, volumes, further URLs) ─▶ … ─▶ catalogue

Nothing is fetched here: the caller asks for `Gathering.next()` and gives the answer back, with
whatever client it has. Volumes come in the units of the venue and are compared in USD.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from schemas.errors import SeawallError
from schemas.instrument import DOLLARS, Instrument
from sources.wire_numbers import Refused

MOST_PAGES: Final = 200  # of one listing: more are a venue that turns in circles
_SHOWN: Final = 120


class Traded(Struct, frozen=True):
    """What was traded of one symbol within 24 h."""

    symbol: str
    volume: float
    unit: Literal["usd", "quote", "base", "contracts"]
    last_px: float = 0.0  # 0: not told


class Page(Struct, frozen=True):
    """What one answer says."""

    instruments: tuple[Instrument, ...] = ()
    traded: tuple[Traded, ...] = ()
    intervals: Mapping[str, float] = {}  # hours between fundings by symbol, where told apart
    more: tuple[str, ...] = ()  # what to ask for next
    refused: tuple[str, ...] = ()  # what is listed and cannot be understood, with the reason


class Lister(Protocol):
    """What a catalogue needs of a venue."""

    @property
    def venue(self) -> str:
        """The venue's id."""
        ...

    def listing_urls(self) -> tuple[str, ...]:
        """What to ask for first."""
        ...

    def page(self, url: str, body: bytes) -> Page:
        """What the answer to one of these, or to one of `Page.more`, says. Raises Refused."""
        ...


class Catalogue(Struct, frozen=True):
    """What a venue lists, sorted by name."""

    venue: str
    at_ns: int  # when it was asked for
    instruments: tuple[Instrument, ...]
    turnover_usd: dict[str, float]  # of 24 h, by symbol; a symbol without has none that is known
    refused: tuple[str, ...] = ()


class Gathering:
    """Asks for one page after the other. Raises SeawallError for an answer that cannot be used."""

    def __init__(self, lister: Lister) -> None:
        self._lister = lister
        self._wanted = deque(lister.listing_urls())
        self._asked: set[str] = set()
        self._pages: list[Page] = []
        self._names: set[str] = set()

    def next(self) -> str | None:
        """What to ask for; None: everything is there."""
        return self._wanted[0] if self._wanted else None

    def take(self, body: bytes) -> None:
        """The answer to `next()`."""
        url = self._wanted.popleft()
        self._asked.add(url)
        try:
            page = self._lister.page(url, body)
        except Refused as refused:
            message = (
                f"the listing of {self._lister.venue} cannot be understood: {refused.detail} "
                f"({url} answered {body[:_SHOWN].decode('utf-8', 'replace')!r})"
            )
            raise SeawallError(message) from refused
        names = {i.name for i in page.instruments}
        again = bool(names) and names <= self._names  # a venue that takes no notice of the page
        self._names |= names
        self._pages.append(page)
        if not again:
            self._wanted.extend(more for more in page.more if more not in self._asked)
        if len(self._pages) + len(self._wanted) > MOST_PAGES:
            message = f"the listing of {self._lister.venue} has more than {MOST_PAGES} pages"
            raise SeawallError(message)

    def catalogue(self, at_ns: int) -> Catalogue:
        """Everything taken so far. Raises SeawallError when nothing is listed."""
        intervals: dict[str, float] = {}
        for page in self._pages:
            intervals |= page.intervals
        found = {i.name: _timed(i, intervals) for page in self._pages for i in page.instruments}
        if not found:
            message = f"{self._lister.venue} lists nothing that can be used"
            raise SeawallError(message)
        instruments = tuple(found[name] for name in sorted(found))
        traded = [one for page in self._pages for one in page.traded]
        refused = tuple(text for page in self._pages for text in page.refused)
        return Catalogue(
            self._lister.venue, at_ns, instruments, turnover_usd(instruments, traded), refused
        )


def turnover_usd(instruments: Sequence[Instrument], traded: Sequence[Traded]) -> dict[str, float]:
    """USD traded within 24 h by symbol. What cannot be valued in USD is left out."""
    by_symbol = {i.symbol: i for i in instruments}
    rates = _rates(by_symbol, traded)
    found = {}
    for one in traded:
        instrument = by_symbol.get(one.symbol)
        if instrument is not None:
            value = _usd(instrument, one, rates)
            if value is not None:
                found[one.symbol] = value
    return found


def _timed(instrument: Instrument, intervals: Mapping[str, float]) -> Instrument:
    hours = intervals.get(instrument.symbol)
    if hours is None or instrument.kind != "perpetual":
        return instrument
    return replace(instrument, funding_interval_h=hours)


def _rates(by_symbol: Mapping[str, Instrument], traded: Sequence[Traded]) -> dict[str, float]:
    """USD of a unit of what is quoted in: dollars, and what spot and perpetuals price in them.

    Of several prices that of the most traded counts.
    """
    rates = dict.fromkeys(DOLLARS, 1.0)
    priced = []
    for one in traded:
        found = by_symbol.get(one.symbol)
        if found is None or one.last_px <= 0.0 or found.kind not in ("spot", "perpetual"):
            continue
        if found.quote in DOLLARS:
            usd = _usd(found, one, rates | {found.asset: one.last_px / found.ratio_factor})
            priced.append((usd or 0.0, found.asset, one.last_px / found.ratio_factor))
        elif found.asset in DOLLARS and found.kind == "spot":
            usd = _usd(found, one, rates | {found.quote: 1.0 / one.last_px})
            priced.append((usd or 0.0, found.quote, 1.0 / one.last_px))
    for _, unit, usd in sorted(priced, reverse=True):
        rates.setdefault(unit, usd)
    return rates


def _usd(instrument: Instrument, one: Traded, rates: Mapping[str, float]) -> float | None:
    quote = rates.get(instrument.quote)
    asset = rates.get(instrument.asset)
    match one.unit:
        case "usd":
            return one.volume
        case "quote":
            return None if quote is None else one.volume * quote
        case "base":
            return None if asset is None else one.volume * asset * instrument.ratio_factor
        case "contracts" if instrument.inverse and instrument.kind != "option":
            return None if quote is None else one.volume * instrument.contract_size * quote
    if asset is None:
        return None
    return one.volume * instrument.contract_size * instrument.ratio_factor * asset
