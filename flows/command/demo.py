"""`seawall demo`: a made-up hour of a market, replayed into a fresh store."""

import shutil
import tomllib
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn

from flows.settings import load
from schemas.errors import UsageError
from schemas.settings import Settings

INFRA: Final = Path(__file__).resolve().parents[2] / "infra"
MARK: Final = ".seawall-demo"  # says that a folder's contents may be removed
SEED: Final = 7


def demo(
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="Removed and built again at each run.")
    ] = Path("seawall-demo"),
    minutes: Annotated[int, typer.Option(min=1, help="Length of the recording.")] = 60,
) -> None:
    """Simulate a market with a crash, replay its recording into a store, show what came out."""
    fresh(folder)
    recording = folder / "binance-usdm__demo.gz"
    console = Console(stderr=True)

    from flows.replay import replay  # compiles and loads engines: only when needed
    from sources.simulator.recording import write_recording

    columns = ("[bold]{task.description}", BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(f"simulating {minutes} min of a market", total=1.0)
        write_recording(
            recording,
            seed=SEED,
            minutes=minutes,
            progress=lambda done: bar.update(task, completed=done),
        )
    settings = demo_settings(folder, recording)
    code = replay(settings, ends=True, strict=False, console=console)
    raise typer.Exit(code)


def fresh(folder: Path) -> None:
    """An empty folder; what an earlier demo left is removed, anything else is not touched."""
    ours = folder.is_dir() and ((folder / MARK).is_file() or not any(folder.iterdir()))
    if folder.exists() and not ours:
        message = f"{folder} is not the folder of an earlier demo: give another --folder"
        raise UsageError(message)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("made by `seawall demo`, which removes this folder\n")


def demo_settings(folder: Path, recording: Path) -> Settings:
    """The settings of the demo: `infra/demo.toml` with the rules of `infra/rules.toml` as well.

    A faster regime than the measured defaults, so that an hour is enough to see it change.
    """
    rules = [
        rule
        for name in ("rules.toml", "demo.toml")
        for rule in tomllib.loads((INFRA / name).read_text(encoding="utf-8")).get("rule", [])
    ]
    overrides: dict[str, object] = {
        "rule": rules,
        "store.url": f"chdb://{folder / 'store'}",
        "source": [{"files": [str(recording)]}],
    }
    return load(INFRA / "demo.toml", {}, overrides)
