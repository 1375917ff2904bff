"""`seawall serve`: following a store through its troubles, and a store that is somebody else's."""

import fcntl
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import urlopen

import pytest
from rich.console import Console

from flows.page.state import Shown
from flows.serve import follow, serve
from flows.settings import load
from schemas.errors import StoreError, UsageError
from schemas.run import Run
from schemas.settings import Settings
from schemas.tables import TABLES, Rows
from sinks.batches import record_batch
from sinks.store import Store
from tests.blank_row import blank_row
from tests.flows.page.rows import BTC, NOW, S, items, tick


class _Stored:
    """In place of a stored run: each reading gives the next of what was planned, or raises it."""

    def __init__(self, stop: Event, *plan: tuple[str, Any]) -> None:
        self.stop, self.plan = stop, list(plan)

    def _next(self, asked: str) -> Any:
        (expected, found), *self.plan = self.plan
        assert asked == expected
        if not self.plan:
            self.stop.set()
        if isinstance(found, Exception):
            raise found
        return found

    def absence(self) -> str | None:
        found: str | None = self._next("absence")
        return found

    def first(self) -> list[Rows]:
        found: list[Rows] = self._next("first")
        return found

    def latest(self) -> list[Rows]:
        found: list[Rows] = self._next("latest")
        return found


def followed(*plan: tuple[str, Any]) -> tuple[Shown, list[str], list[str | None]]:
    """What was kept, what was told, and the trouble that stood after each reading."""
    stop, shown, told = Event(), Shown("main"), list[str]()
    stored = _Stored(stop, *plan)
    troubles: list[str | None] = []
    say: Callable[[str | None], None] = shown.say

    def noted(trouble: str | None) -> None:
        troubles.append(trouble)
        say(trouble)

    shown.say = noted  # type: ignore[method-assign]
    follow(stored, shown, stop, told.append, every_s=0.0)  # type: ignore[arg-type]
    assert stored.plan == []
    return shown, told, troubles


def test_a_run_that_comes_later_a_store_that_goes_and_comes_back() -> None:
    shown, told, troubles = followed(
        ("absence", StoreError("the store is away")),
        ("absence", StoreError("the store is away")),
        ("absence", "nothing of run 'main' yet"),
        ("absence", None),
        ("first", items(tick(NOW, 1.0))),
        ("latest", []),
        ("latest", StoreError("the store is away")),
        ("latest", items(tick(NOW + S, 2.0))),
        ("latest", []),
    )
    assert [px for _, px, _ in shown.changes().instruments[BTC].prices] == [1.0, 2.0]
    assert told == [
        "the store is away",
        "nothing of run 'main' yet",
        "the store answers",
        "the store is away",
        "the store answers",
    ]
    away, absent = "the store is away", "nothing of run 'main' yet"
    assert troubles == [away, away, absent, None, None, away, None, None]
    assert shown.changes().trouble is None


def test_what_could_not_be_begun_is_begun_again() -> None:
    shown, _, _ = followed(
        ("absence", None),
        ("first", StoreError("the store is away")),
        ("absence", None),
        ("first", items(tick(NOW, 1.0))),
    )
    assert list(shown.changes().instruments) == [BTC]


def settings_of(folder: Path) -> Settings:
    return load(None, {}, {"store.url": f"chdb://{folder}"})


def quiet() -> tuple[Console, io.StringIO]:
    said = io.StringIO()
    return Console(file=said, width=200), said


def test_the_store_of_another_process(tmp_path: Path) -> None:
    with Store.open(f"chdb://{tmp_path / 'db'}") as store:
        store.migrate()
    with (tmp_path / "db" / "status").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(StoreError) as caught:
            serve(settings_of(tmp_path / "db"), None, Event(), quiet()[0])
    assert str(caught.value) == (
        f"store {tmp_path}/db is in use by another process, and an embedded store opens in one "
        "process only: look at the page of the run that has it ([live] page in its settings), "
        "stop that run, or let runs write to a ClickHouse server and serve that"
    )


def test_no_store_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store in"):
        serve(settings_of(tmp_path / "none"), None, Event(), quiet()[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "more"),
    [
        ("localhost", []),
        ("0.0.0.0", ["whoever reaches this address can read the page: it asks for no password"]),
    ],
)
def test_a_page_over_a_store_until_it_is_stopped(
    tmp_path: Path, host: str, more: list[str]
) -> None:
    folder = tmp_path / "db"
    with Store.open(f"chdb://{folder}") as store:
        store.migrate()
        for name, row in (("runs", blank_row(Run, ts=NOW)), ("ticks", tick(NOW, 5.0))):
            store.insert(TABLES[name], record_batch(TABLES[name], "main", [row]), name)
    with pytest.raises(UsageError, match='page address "x" is none'):
        serve(settings_of(folder), "x", Event(), quiet()[0])
    stop, (console, said) = Event(), quiet()
    job = Thread(target=serve, args=(settings_of(folder), f"{host}:0", stop, console))
    job.start()
    try:
        url, told = _shown(said, host)
    finally:
        stop.set()
        job.join(20)
    assert not job.is_alive()
    assert (told["run"], told["origin"]) == ("main", f"read from chdb://{folder}")
    assert told["instruments"][BTC]["tick"]["mid_px"] == 5.0
    assert said.getvalue().splitlines() == [
        f"run 'main' of store chdb://{folder}: {url}",
        "the store is embedded: no other process can open it until this one ends",
        *more,
    ]


def _shown(said: io.StringIO, host: str) -> tuple[str, Any]:
    """Where the page is, and what it shows once it has something."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = re.search(rf"http://{re.escape(host)}:\d+/", said.getvalue())
        if found and "embedded" in said.getvalue():
            with urlopen(f"{found[0]}state.json", timeout=10) as answer:
                told = json.load(answer)
            if told["instruments"]:
                return found[0], told
        time.sleep(0.01)
    raise AssertionError(said.getvalue())
