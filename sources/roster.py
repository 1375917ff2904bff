"""Which instruments a connection has, as its `instruments` lines change it while it runs.

A listed one is seen and gets clocks from there on. A delisted one loses its book, gets the clock
of the next grid time, so that the loss shows in a last tick, and is silent after that: nothing of
it comes out, whatever the venue still sends. It may be listed again.
"""

from collections.abc import MutableMapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.control import Gap, Rejected, Seen
from schemas.errors import UsageError
from schemas.instrument import Instrument, instrument_name
from sources.control_line import BAD_JSON, bad_control
from sources.instrument_lines import connections_in, listed_in, listings_in
from sources.lines import Lines
from sources.session import Item, Session

DELISTED: Final = "delisted"
RESCALED: Final = "rescaled"


class Changes(Struct, frozen=True):
    """What an `instruments` line says, under the settings."""

    listed: tuple[tuple[Instrument, tuple[str, ...]], ...]  # with the connections that have it
    delisted: tuple[str, ...]  # names


class Roster:
    """The changes since the first line. The connection's `known` says who gets clocks."""

    def __init__(self, connection: str, session: Session) -> None:
        self._connection = connection
        self._session = session
        self.listed: dict[str, Instrument] = {}  # by name, as told by lines
        self.leaving: set[str] = set()  # delisted, and the clock of the next grid time not given
        self.gone: set[str] = set()

    def silent(self, instrument: str) -> bool:
        """Whether nothing of an instrument comes out any more."""
        return instrument in self.gone or instrument in self.leaving

    def read(self, lines: Lines, at_ns: int) -> Changes | Rejected:
        """What the first of the lines says; at_ns is the source's clock there."""
        venue = self._session.venue
        try:
            said = listings_in(lines.payload(0)[1:])
            found = listed_in(said.listed, venue, self._session.refine)
        except (*BAD_JSON, UsageError) as error:
            return bad_control(self._connection, lines, at_ns, str(error))
        listed = zip(found, map(connections_in, said.listed), strict=True)
        gone = dict.fromkeys(instrument_name(venue, symbol) for symbol in said.delisted)
        return Changes(tuple(listed), tuple(gone))

    def admit(
        self, instrument: Instrument, connections: tuple[str, ...], received_ns: int, line: int
    ) -> list[Item]:
        """One is listed, or what is known of it has changed; nothing if it is all known."""
        name = instrument.name
        before = self._session.instruments().get(name)
        if before is not None and instrument.price_decimals is None:
            instrument = replace(instrument, price_decimals=before.price_decimals)
        back = self.silent(name)
        if before == instrument and not back:
            return []
        self._session.list_instruments([instrument])
        self.listed[name] = instrument
        self.leaving.discard(name)
        self.gone.discard(name)
        items: list[Item] = []
        told = None if before is None else before.price_decimals
        rescaled = told is not None and told != instrument.price_decimals
        if back or rescaled:
            self._session.forget(instrument.symbol)
        if rescaled and not back:
            items.append(Gap(name, self._connection, received_ns, line, RESCALED))
        seen = Seen(instrument, self._connection, received_ns, line, True, connections)
        return [*items, seen]

    def lose(self, names: Sequence[str], received_ns: int, line: int) -> list[Item]:
        """The gaps of those that are delisted: they are `leaving` once these are out."""
        for name in names:
            self._session.forget(name.partition(":")[2])
        return [Gap(name, self._connection, received_ns, line, DELISTED) for name in names]

    def pass_grid(self, known: MutableMapping[str, None]) -> None:
        """A grid time has passed: those that were leaving get no more clocks."""
        for name in self.leaving:
            known.pop(name, None)
        self.gone |= self.leaving
        self.leaving.clear()

    def awaiting(self) -> frozenset[str]:
        """Names of instruments whose book is not known and has been wished for."""
        return frozenset(name for name in self._session.awaiting() if not self.silent(name))

    def snapshot(self) -> tuple[Any, ...]:
        """State that a restart needs."""
        listed = tuple(self.listed[name] for name in sorted(self.listed))
        return listed, tuple(sorted(self.leaving)), tuple(sorted(self.gone))

    def restore(self, state: tuple[Any, ...]) -> None:
        """Inverse of `snapshot`; before the session restores its own."""
        listed, leaving, gone = state
        self.listed = {instrument.name: instrument for instrument in listed}
        self.leaving, self.gone = set(leaving), set(gone)
        self._session.list_instruments(listed)
