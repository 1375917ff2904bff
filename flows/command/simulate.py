"""`seawall simulate`: simulated venues on loopback, for trying everything without the internet."""

import asyncio
import signal
from math import ceil
from pathlib import Path
from time import time
from typing import Annotated, Final

import typer
from rich.console import Console

from flows.simulated_addresses import flood_text, settings_text
from schemas.errors import UsageError, nearest
from sources.simulator.chain.truth import write_chain_truth
from sources.simulator.chain.venue import Evm
from sources.simulator.flood_server import Flood
from sources.simulator.server import HOST, Server
from sources.simulator.truth import write_truth
from sources.simulator.venues.registry import NAMES, venues_of
from sources.simulator.world.scenario import NAMES as SCENARIOS
from sources.simulator.world.world import World

PORT: Final = 9101
_LATE_S: Final = 1.0  # behind the clock: worth telling
LEAD_S: Final = 0.3  # to open the ports, before the market begins at a whole second


def simulate(
    *,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help=f"One of {', '.join(SCENARIOS)}.")
    ] = "calm",
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed gives the same market.")
    ] = 7,
    speed: Annotated[
        float, typer.Option(metavar="X", help="Seconds of market per second of yours.")
    ] = 1.0,
    minutes: Annotated[
        float, typer.Option(min=0.0, metavar="N", help="Market minutes; 0: until Ctrl-C.")
    ] = 0.0,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65_000, metavar="N",
            help="Port of the first venue, the others follow; 0: any that are free.",
        ),
    ] = PORT,
    venues: Annotated[
        str, typer.Option(metavar="A,B", help=f"Which venues to serve: {', '.join(NAMES)}.")
    ] = ",".join(NAMES),
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write down what nobody sees: accounts, parent orders, volatility (JSON lines); "
            "beside it, in FILE.chain, the truth of the chains.",
        ),
    ] = None,
    flood: Annotated[
        int,
        typer.Option(
            min=0, metavar="RATE",
            help="Instead of a market: so many frames of one venue per second, over all clients.",
        ),
    ] = 0,
    instruments: Annotated[
        int, typer.Option(min=1, max=999, metavar="N", help="Made-up symbols of --flood.")
    ] = 20,
) -> None:  # fmt: skip
    """Serve simulated venues on loopback: their paths, books, trades, limits and errors.

    All venues show one market. What happens in it depends on seed and scenario alone, not on who
    listens or how fast it is run.
    """
    console = Console()
    if flood:
        asyncio.run(_flood(Flood(seed, flood, instruments), port, minutes, console))
        return
    if scenario not in SCENARIOS:
        message = f'no scenario "{scenario}": {nearest(scenario, SCENARIOS)}'
        raise UsageError(message)
    if speed <= 0.0:
        message = f"--speed {speed} would stand still: give a number above 0"
        raise UsageError(message)
    names = [name.strip() for name in venues.split(",") if name.strip()]
    world = World(seed, scenario, minutes)
    epoch_s = ceil(time() + LEAD_S)
    made = venues_of(world, epoch_s * 1000, names, seed=seed)
    server = Server(world, made, seed=seed, speed=speed, failing=scenario == "outage")
    networks = [n.network for one in made if isinstance(one, Evm) for n in one.nodes.values()]
    of_chains = truth and truth.with_suffix(f".chain{truth.suffix}")
    with write_truth(world, truth), write_chain_truth(networks, of_chains):
        asyncio.run(_serve(server, names, port, minutes, epoch_s, console))
    late = f", at most {server.behind_s:.1f} s late" if server.behind_s >= _LATE_S else ""
    console.print(f"# {world.now_ms / 60_000.0:.1f} min of market simulated{late}", highlight=False)


async def _serve(
    server: Server,
    names: list[str],
    port: int,
    minutes: float,
    epoch_s: int,
    console: Console,
) -> None:
    stop = _stopped()
    try:
        ports = await server.start(port, [NAMES.index(name) for name in names])
        text = settings_text([one.venue for one in server.ports], HOST, ports)
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        await asyncio.sleep(max(0.0, epoch_s - time()))  # so that venue times are those of now
        await server.run(minutes, stop)
    finally:
        await server.stop()


async def _flood(flood: Flood, port: int, minutes: float, console: Console) -> None:
    stop = _stopped()
    try:
        text = flood_text(HOST, await flood.start(port), list(flood.symbols))
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        await flood.run(stop, minutes * 60.0)
    finally:
        await flood.stop()
    console.print(f"# {flood.sent:,} frames sent, {flood.kept_back:,} kept back", highlight=False)


def _stopped() -> asyncio.Event:
    """Set by Ctrl-C and SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
