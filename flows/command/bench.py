"""`seawall bench`: what a frame costs, stage by stage, as ratios in one run."""

import json
import os
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table as Grid

from flows.settings import load
from schemas.errors import UsageError
from schemas.settings import Settings

FRAMES: Final = "captures/binance-usdm__btcusdt-2024-08-08.gz"


def bench(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILES…",
            help="Recordings. Default: the recorded BTCUSDT minutes where SEAWALL_SHARED has "
            "them, else ten simulated minutes.",
            show_default=False,
        ),
    ] = None,
    *,
    grid: Annotated[str, typer.Option(metavar="DURATION", help="Step of the time grid.")] = "250ms",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds after a warm-up round.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead.")] = False,
) -> None:
    """Time decode, book, ticks and the whole way into the store, beside orjson and a rival.

    Stages take turns (A B C, A B C, …); figures are medians, ratios medians of each round's.
    Decompression is outside every timing; the store is in memory where the machine allows it.
    """
    console = Console(stderr=True)
    with TemporaryDirectory(prefix="seawall-bench-", dir=_memory()) as folder:
        inputs = [str(file) for file in files or [_default(Path(folder), console)]]
        overrides: dict[str, object] = {
            "source": [{"files": inputs}],
            "grid.interval": grid,
            "store.url": f"chdb://{Path(folder) / 'store'}",
        }
        settings = load(None, {}, overrides)
        report = _measure(settings, inputs, rounds, console)
    if as_json:
        print(json.dumps(report))
    else:
        _show(report)


def _memory() -> str | None:
    """A folder in memory where there is one: the disk's noise stays out of all figures."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _default(folder: Path, console: Console) -> Path:
    shared = Path(os.environ.get("SEAWALL_SHARED", "../shared")) / "data" / FRAMES
    if shared.is_file():
        return shared
    from sources.simulator.recording import write_recording

    path = folder / "binance-usdm__bench.gz"
    with console.status("no recording given: simulating ten minutes"):
        write_recording(path, minutes=10)
    return path


def _measure(settings: Settings, files: list[str], rounds: int, console: Console) -> dict[str, Any]:
    from flows.benchmark import rival, stages, start
    from flows.kernels import warm
    from flows.run_guard import one_name_each
    from flows.wiring import wire
    from sinks.store import Store
    from sources.recording import open_recording

    wiring = wire(settings)
    one_name_each(wiring)
    data = {}
    for listing in wiring.listings:
        recording = open_recording(Path(listing.path))
        data[listing.connection] = b"".join(recording.skip(1 << 62))
        recording.close()
    inputs = stages.Inputs(settings, wiring, data)
    frames = inputs.frames()
    if not frames:
        message = "nothing to measure: there is no frame in " + ", ".join(files)
        raise UsageError(message)
    ours, theirs = (f"ours-{n}" for n in count()), (f"rival-{n}" for n in count())
    with (
        Store.open(settings.store.url) as store,
        rival.rival_stage(inputs, store, theirs) as rival_stage,
        console.status("starting") as status,
    ):
        store.migrate()
        warm()
        store.warm()
        timed = {
            "orjson.loads": stages.loads_stage(frames),
            "decode": stages.decode_stage(inputs),
            "decode + book": stages.book_stage(inputs),
            "decode + book + ticks": stages.tick_stage(inputs),
            "whole flow, rows dropped": stages.flow_stage(inputs),
            "whole flow into the store": stages.store_stage(inputs, store, ours),
        }
        rows: dict[str, int] = {}
        if rival_stage is not None:
            status.update("comparing rows with the rival's")
            timed["whole flow into the store"]()
            rival_stage()
            rows = rival.compare(store, "ours-0", "rival-0")
            timed["straightforward rival"] = rival_stage
        seconds = stages.timed_rounds(timed, rounds, status.update, store.settle)
        status.update("a second start in a fresh process")
        second = start.measure_start(files, settings.grid.interval)
    return {
        "files": files,
        "grid": settings.grid.interval,
        "chunk_frames": settings.flow.chunk_frames,
        "frames": len(frames),
        "rounds": rounds,
        "equal_rows": rows,
        "stages": {name: _figures(seconds, name, len(frames)) for name in seconds},
        "second_start_first_row_s": round(second.first_row_s, 2),
        "peak_memory_mb": round(second.peak_mb),
    }


def _figures(seconds: dict[str, list[float]], name: str, frames: int) -> dict[str, float | None]:
    mine = seconds[name]
    ratios = {
        other: median(a / b for a, b in zip(mine, seconds[other], strict=True))
        for other in ("orjson.loads", "straightforward rival")
        if other in seconds
    }
    rival = ratios.get("straightforward rival")
    return {
        "us_per_frame": round(median(mine) / frames * 1e6, 3),
        "frames_per_s": round(frames / median(mine)),
        "x_orjson": round(ratios["orjson.loads"], 2),
        "x_rival": None if rival is None else round(rival, 3),
    }


def _show(report: dict[str, Any]) -> None:
    console = Console()
    console.print(
        f"{report['frames']:,} frames, grid {report['grid']}, {report['chunk_frames']} lines at a "
        f"time, medians of {report['rounds']} rounds"
    )
    grid = Grid("stage", "µs/frame", "frames/s", "× orjson.loads", "× rival", box=None)
    for column in grid.columns[1:]:
        column.justify = "right"
    for name, figures in report["stages"].items():
        rival = figures["x_rival"]
        grid.add_row(
            name,
            f"{figures['us_per_frame']:.3f}",
            f"{figures['frames_per_s']:,}",
            f"{figures['x_orjson']:.2f}",
            "" if rival is None else f"{rival:.3f}",
        )
    console.print(grid)
    if report["equal_rows"]:
        equal = ", ".join(f"{count:,} {name}" for name, count in report["equal_rows"].items())
        console.print(f"rows equal to the rival's before timing: {equal}")
    else:
        console.print("the rival needs the repository and a single recording: not timed")
    console.print(
        f"second start (kernels cached) to the first stored row: "
        f"{report['second_start_first_row_s']} s; peak memory {report['peak_memory_mb']} MB"
    )
