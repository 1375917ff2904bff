"""The settings that make a live run listen to simulated venues, as TOML."""

from collections.abc import Mapping, Sequence
from typing import Final

from sources.registry import VENUES
from sources.simulator.flood import FLOODED
from sources.simulator.venues.hub import Venue

LISTENING: Final = "# all of these listen now, until Ctrl-C"  # the last line of each text
MOST_ACCOUNTS: Final = 5  # that are worth watching, where a venue lets accounts be watched


def settings_text(venues: Sequence[Venue], host: str, ports: Mapping[str, int]) -> str:
    """Where each venue listens, and one [[source]] for each that Seawall knows.

    The first line of a venue is `# <venue> <port>`, for programs that read it.
    """
    parts = []
    for venue in venues:
        port = ports[venue.name]
        lines = [f"# {venue.name} {port}"]
        if venue.name in VENUES:
            lines += _source(venue, f"{host}:{port}")
        else:
            lines.append("# no session reads this venue yet")
        parts.append("\n".join(lines) + "\n")
    return "\n".join([*parts, LISTENING])


def flood_text(host: str, port: int, symbols: Sequence[str]) -> str:
    """The same for a flood of frames."""
    lines = _lines(FLOODED, symbols, f"{host}:{port}")
    streams = 'streams = ["book", "top", "trade"]'
    return "\n".join([f"# {FLOODED} {port}", *lines, streams, "", LISTENING])


def _source(venue: Venue, address: str) -> list[str]:
    lines = _lines(venue.name, list(venue.trading), address)
    addresses = ", ".join(f'"{account}"' for account in venue.accounts(MOST_ACCOUNTS))
    return [*lines, f"accounts = [{addresses}]"] if addresses else lines


def _lines(venue: str, symbols: Sequence[str], address: str) -> list[str]:
    names = ", ".join(f'"{symbol}"' for symbol in symbols)
    return [
        "[[source]]",
        f'venue = "{venue}"',
        f"instruments = [{names}]",
        f'ws_url = "ws://{address}"',
        f'rest_url = "http://{address}"',
    ]
