"""Instruments as recordings tell them: in the first line, and in `instruments` lines later (C3).

    !{"k":"instruments","listed":[{"symbol":…, metadata, "connections":[…]}],"delisted":["SYMBOL"]}

`connections` names all that have the instrument: its grid times wait for each of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, to_builtins

from schemas.errors import UsageError
from schemas.instrument import Instrument, instrument_name

WORD = "instruments"


class Listings(Struct, frozen=True):
    """What one `instruments` line says; metadata as they stand there."""

    listed: tuple[dict[str, Any], ...] = ()
    delisted: tuple[str, ...] = ()  # symbols

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.listed or self.delisted)


def listings_in(payload: bytes) -> Listings:
    """What a line says, without its `!`. Raises msgspec.DecodeError."""
    return msgspec.json.decode(payload, type=Listings)


def entry_of(instrument: Instrument, connections: Sequence[str] = ()) -> dict[str, Any]:
    """An instrument as it stands in such a line."""
    entry = {"symbol": instrument.symbol, **to_builtins(instrument)}
    return {**entry, "connections": list(connections)} if connections else entry


def connections_in(entry: Mapping[str, object]) -> tuple[str, ...]:
    """The connections that an entry names."""
    named = entry.get("connections")
    return tuple(map(str, named)) if isinstance(named, list) else ()


def listed_in(
    raw: Sequence[Mapping[str, object]], venue: str, refine: Callable[[Instrument], Instrument]
) -> list[Instrument]:
    """Instruments of entries, under the settings. Raises UsageError."""
    known = Instrument.__struct_fields__
    instruments = []
    for entry in raw:
        fields = {key: value for key, value in entry.items() if key in known}
        fields["name"] = instrument_name(venue, str(entry.get("symbol", "")))
        fields["source"] = "recording"
        try:
            instruments.append(refine(msgspec.convert(fields, Instrument)))
        except msgspec.ValidationError as error:
            message = f"the recording's list of instruments is wrong: {error}"
            raise UsageError(message) from error
    return instruments
