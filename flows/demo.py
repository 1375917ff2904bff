"""The demo: simulated venues, live through everything, then replayed from what was received.

simulate ─▶ sockets ─▶ run ─▶ store, page ─▶ summary ─▶ replay of the spool ─▶ the same rows
"""

from collections.abc import Callable
from json import dumps
from pathlib import Path
from threading import Event
from typing import Final

from msgspec.structs import replace
from rich.console import Console

from flows.kernels import kept_kernels, warm
from flows.live import run
from flows.replay import replay
from flows.run_folders import spool_of
from flows.settings import load
from flows.simulated import simulated_venues
from flows.summary import show_next, show_stored
from schemas.settings import Settings, SourceSettings
from schemas.tables import TABLES
from sinks.reading import differing, latest_inputs
from sinks.store import Store

INFRA: Final = Path(__file__).resolve().parents[1] / "infra"
AGAIN: Final = "again"  # the run that the replay makes
_LONGER: Final = 1.0  # minutes by which the venues outlast the run


def demo(
    folder: Path,
    console: Console,
    *,
    minutes: float,
    scenario: str,
    page: str,
    opened: Callable[[str, Event], None],
) -> int:
    """Listen to a simulated market for some minutes; show what came out. Returns the exit code."""
    with console.status("loading kernels"), kept_kernels():
        warm()  # compiled once: the market does not wait for it
    how = ("--port", "0", "--scenario", scenario, "--minutes", f"{minutes + _LONGER:g}")
    with simulated_venues(*how) as venues:
        config = folder / "demo.toml"
        config.write_text(settings_text(folder, venues, page), encoding="utf-8")
        settings = load(config, {}, {})
        console.print(
            f"nine simulated venues, two chains, one market, scenario [bold]{scenario}[/]: "
            f"live for {minutes:g} min (Ctrl-C: sooner)", highlight=False,
        )  # fmt: skip
        code = run(settings, console, minutes=minutes, opened=opened)
    if code:
        return code
    return _again(settings, console)


def settings_text(folder: Path, venues: str, page: str) -> str:
    """The settings of the demo as TOML: `infra/demo.toml`, all shipped rules, these venues."""
    place = folder.resolve()
    ours = [
        "[store]",
        f"url = {dumps(f'chdb://{place}/store')}",
        "",
        "[live]",
        f"spool = {dumps(str(place / 'spool'))}",
        f"page = {dumps(page)}",
        "epoch_s = 10",
        "",
    ]
    shipped = [(INFRA / name).read_text(encoding="utf-8") for name in ("demo.toml", "rules.toml")]
    return "\n".join([*shipped, *ours, venues])


def _again(settings: Settings, console: Console) -> int:
    """Replay what was received into a run of its own and compare; then the summary."""
    source = SourceSettings(files=[str(spool_of(settings))])
    second = replace(settings, run=AGAIN, source=[source])
    with console.status("replaying what was received"):
        code = replay(second, ends=False, strict=False, console=Console(quiet=True))
    if code:
        return code
    tables = [table for table in TABLES.values() if table.replayed]
    with Store.open(settings.store.url, create=False) as store:
        show_stored(console, store, settings.run)
        if _lines(store, AGAIN) < _lines(store, settings.run):
            console.print("the replay was stopped before its end: nothing is compared")
            return 0
        different = differing(store, tables, settings.run, AGAIN)
        if different:
            names = ", ".join(different)
            console.print(
                f"[red]replayed from the spool as run {AGAIN!r}: other rows in {names}[/]"
            )
            return 1
        console.print(
            f"replayed from the spool as run {AGAIN!r}: the same rows in all {len(tables)} tables"
        )
        show_next(console, store, settings.run)
    return 0


def _lines(store: Store, run: str) -> int:
    """Lines of all inputs that a run has stored."""
    return sum(row[2] for row in latest_inputs(store, run))
