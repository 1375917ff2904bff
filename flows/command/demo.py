"""`seawall demo`: a simulated market with a crash, live through everything into a fresh store."""

import os
import shutil
import sys
import webbrowser
from pathlib import Path
from threading import Event
from typing import Annotated, Final

import typer
from rich.console import Console

from schemas.errors import UsageError
from schemas.settings import LiveSettings

MARK: Final = ".seawall-demo"  # says that a folder's contents may be removed
_DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY")  # where a browser would open


def demo(
    folder: Annotated[
        Path, typer.Option(metavar="DIR", help="Removed and built again at each run.")
    ] = Path("seawall-demo"),
    *,
    minutes: Annotated[float, typer.Option(min=0.1, metavar="N", help="How long it is live.")] = 3,
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="What the market does: see `seawall simulate`.")
    ] = "crash",
    page: Annotated[
        str, typer.Option(metavar="HOST:PORT", help='Where the page is served; "" for none.')
    ] = LiveSettings().page,
    browser: Annotated[
        bool, typer.Option(help="Open the page in a browser, where there is a screen.")
    ] = True,
) -> None:
    """Watch a simulated market with a crash live, on a page and in the terminal.

    Nine venues and two chains over real sockets into a fresh store; then a replay of what was
    received, which must give the same rows.
    """
    fresh(folder)
    from flows.demo import demo as live_demo  # compiles and loads engines: only when needed

    code = live_demo(
        folder,
        Console(stderr=True),
        minutes=minutes,
        scenario=scenario,
        page=page,
        opened=_open if browser and has_screen() else lambda *_: None,
    )
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


def has_screen() -> bool:
    """Whether somebody looks on: a terminal, and a desktop beside it."""
    return sys.stderr.isatty() and (
        sys.platform == "darwin" or any(os.environ.get(name) for name in _DISPLAYS)
    )


def _open(address: str, _: Event) -> None:
    webbrowser.open(address)
