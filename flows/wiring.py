"""What a replay's dataflow is built from: inputs, alignment, identity of the run."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict, replace

from flows.live_assumed import chains_of, given_of
from flows.settings import numbers_hash
from schemas.chain_contract import ChainSettings
from schemas.instrument import Instrument
from schemas.settings import InstrumentSettings, Settings
from sources.listing import WHOLE, Listing, Window, scan_listing
from sources.recording import recordings_in


class Wiring(Struct, frozen=True):
    """Known before anything flows."""

    listings: tuple[Listing, ...]
    connections_of: dict[str, tuple[str, ...]]  # instrument → connections it waits for
    members: tuple[str, ...]  # of the market regime
    settings_hash: str
    code_version: str
    chains: Mapping[str, ChainSettings]  # by key

    @property
    def connections(self) -> list[str]:
        """Names of all inputs."""
        return [listing.connection for listing in self.listings]

    @property
    def inputs(self) -> tuple[str, ...]:
        """What recovery data belong to."""
        return tuple(sorted(self.connections))

    def first_line_hash(self, connection: str) -> str:
        """Hash of a recording's first line."""
        line = next(x.first_line for x in self.listings if x.connection == connection)
        return blake2b(line, digest_size=16).hexdigest()


def refine_with(overrides: Sequence[InstrumentSettings]) -> Callable[[Instrument], Instrument]:
    """Lay the settings of `[[instrument]]` over inferred metadata."""
    by_name = {entry.name: entry for entry in overrides}

    def refine(instrument: Instrument) -> Instrument:
        entry = by_name.get(instrument.name)
        if entry is None:
            return instrument
        given = {key: value for key, value in asdict(entry).items() if value is not None}
        return replace(instrument, **given, source="settings")

    return refine


def wire(settings: Settings, window: Window = WHOLE) -> Wiring:
    """Scan the inputs, or the part of them in a window. Raises UsageError when one is of no use."""
    refine = refine_with(settings.instrument)
    listings = agreed(
        [
            scan_listing(path, source.venue, refine, window, given_of(settings))
            for source in settings.source
            for file in source.files
            for path in recordings_in(Path(file))
        ]
    )
    connections: dict[str, list[str]] = {}
    for listing in listings:
        for instrument in listing.instruments:
            connections.setdefault(instrument.name, []).append(listing.connection)
    return Wiring(
        listings=listings,
        connections_of={name: tuple(sorted(c)) for name, c in sorted(connections.items())},
        members=tuple(settings.regime.members or told_members(listings)),
        settings_hash=numbers_hash(settings),
        code_version=version("seawall"),
        chains=chains_of((listing.venue, listing.assumed) for listing in listings),
    )


def agreed(listings: Sequence[Listing]) -> tuple[Listing, ...]:
    """One truth per instrument, whatever connections it comes by.

    The finest price scale that one shows holds for all, and fills that one has as `trade` are not
    taken a second time from the `aggTrade` of another.
    """
    decimals: dict[str, int] = {}
    for listing in listings:
        for i in listing.instruments:
            if i.price_decimals is not None:
                decimals[i.name] = max(i.price_decimals, decimals.get(i.name, 0))
    single = {name for listing in listings for name in listing.single_fills}
    return tuple(
        replace(
            listing,
            instruments=tuple(
                replace(i, price_decimals=decimals.get(i.name)) for i in listing.instruments
            ),
            single_fills=tuple(i.name for i in listing.instruments if i.name in single),
        )
        for listing in listings
    )


def told_members(listings: Sequence[Listing]) -> list[str]:
    """As the run that made the recordings had them, else the default.

    One that no first line of its venue lists left before these recordings begin: it never starts.
    """
    told = {name for listing in listings for name in listing.members}
    listed = {i.name for listing in listings for i in listing.instruments}
    telling = {listing.venue for listing in listings if listing.lists}
    here = [name for name in told if name in listed or name.partition(":")[0] not in telling]
    return sorted(here) if told else default_members(listings)


def default_members(listings: Sequence[Listing]) -> list[str]:
    """Per asset the perpetual with most volume in the scanned lines; ties by name."""
    turnover: dict[str, float] = {}
    perpetuals: dict[str, Instrument] = {}
    for listing in listings:
        for name, usd in listing.turnover_usd.items():
            turnover[name] = turnover.get(name, 0.0) + usd
        for instrument in listing.instruments:
            if instrument.kind == "perpetual":
                perpetuals[instrument.name] = instrument
    best: dict[str, str] = {}
    for name in sorted(perpetuals, key=lambda name: (-turnover.get(name, 0.0), name)):
        best.setdefault(perpetuals[name].asset, name)
    return sorted(best.values())
