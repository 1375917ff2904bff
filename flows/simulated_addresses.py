"""The settings that make a live run listen to simulated venues, as TOML."""

from collections.abc import Mapping, Sequence
from typing import Final

from sources.registry import VENUES
from sources.simulator.chain.venue import ROOT, Evm, Node
from sources.simulator.flood import FLOODED
from sources.simulator.venues.hub import Venue

LISTENING: Final = "# all of these listen now, until Ctrl-C"  # the last line of each text
CHAIN_NAMES: Final = {1: "ethereum", 8453: "base"}
MOST_BORROWERS: Final = 60  # of a lending market
MOST_ACCOUNTS: Final = 5  # that are worth watching, where a venue lets accounts be watched


def settings_text(venues: Sequence[Venue], host: str, ports: Mapping[str, int]) -> str:
    """Where each venue listens, and one [[source]] for each that Seawall knows.

    The first line of a venue is `# <venue> <port>`, for programs that read it.
    """
    parts = []
    for venue in venues:
        port = ports[venue.name]
        lines = [f"# {venue.name} {port}"]
        if isinstance(venue, Evm):
            lines += [
                line for node in venue.nodes.values() for line in chain_text(node, f"{host}:{port}")
            ]
        elif venue.name in VENUES:
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


def chain_text(node: Node, address: str, most: int = MOST_BORROWERS) -> list[str]:
    """A source and a [[chain]] with what is worth watching on it, and at most so many accounts."""
    spec, named = node.network.spec, node.network.made.named()
    lines = [
        "[[source]]",
        f'venue = "evm-{spec.chain_id}"',
        f'ws_url = "ws://{address}{ROOT}{spec.chain_id}"',
        "[[chain]]",
        f"id = {spec.chain_id}",
        f'name = "{CHAIN_NAMES[spec.chain_id]}"',
        f"block_s = {spec.slot_s}",
        f"elasticity = {spec.fees.elasticity}",
        f"denominator = {spec.fees.denominator}",
    ]
    for name, contract in named.items():
        kind, _, pair = name.partition(" ")
        if kind in ("v2", "v3"):
            lines += ["[[chain.pool]]", f'address = "{contract}"', f'protocol = "uniswap-{kind}"']
        elif pair == "/ USD proxy":
            lines += ["[[chain.oracle]]", f'proxy = "{contract}"', f'asset = "{kind}"']
            lines += [f"heartbeat_s = {spec.heartbeat_s}", f"deviation = {spec.deviation}"]
    accounts = ", ".join(f'"{each}"' for each in node.network.actors.borrowers[:most])
    return [
        *lines,
        "[[chain.lending]]",
        'name = "aave"',
        'protocol = "aave-v3"',
        'version = "v3.3"',
        f'pool = "{named["aave pool"]}"',
        f'oracle = "{named["aave oracle"]}"',
        f'data_provider = "{named["aave data provider"]}"',
        f'configurator = "{named["aave configurator"]}"',
        f"accounts = [{accounts}]",
    ]


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
