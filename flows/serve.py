"""`seawall serve`: the page over a store that another process writes, or an earlier run left."""

from collections.abc import Callable
from threading import Event
from typing import Final

from rich.console import Console
from rich.markup import escape

from flows.page.server import DEFAULT_AT, Page, is_local
from flows.page.state import Shown
from flows.page.stored import StoredRun
from schemas.errors import StoreError, StoreInUse
from schemas.settings import Settings
from sinks.store import Store

EVERY_S: Final = 1.0  # the writer of a run flushes twice as often


def serve(settings: Settings, at: str | None, stop: Event, console: Console) -> None:
    """Show the run of the settings until `stop` is set. Raises SeawallError when it cannot begin.

    Trouble with the store after that is shown on the page, which goes on when it is over.
    """
    with _opened(settings.store.url) as store:
        shown = Shown(settings.run, f"read from {store.where}")
        page = Page(DEFAULT_AT if at is None else at, shown)

        def tell(text: str) -> None:
            console.print(escape(text), soft_wrap=True, highlight=False)

        tell(f"run {settings.run!r} of store {store.where}: {page.start()}")
        if store.embedded:
            tell("the store is embedded: no other process can open it until this one ends")
        if not is_local(page.host):
            tell("whoever reaches this address can read the page: it asks for no password")
        try:
            follow(StoredRun(store, settings.run), shown, stop, tell)
        finally:
            page.stop()


def follow(
    stored: StoredRun,
    shown: Shown,
    stop: Event,
    tell: Callable[[str], None],
    every_s: float = EVERY_S,
) -> None:
    """Take what is new in the store until `stop` is set, every second."""
    begun, told = False, None
    while True:
        try:
            trouble = None if begun else stored.absence()
            if trouble is None:
                shown.take(stored.latest() if begun else stored.first())
                begun = True
        except StoreError as error:
            trouble = str(error)
        shown.say(trouble)
        if trouble != told:
            tell(trouble or "the store answers")
            told = trouble
        if stop.wait(every_s):
            return


def _opened(url: str) -> Store:
    try:
        return Store.open(url, create=False)
    except StoreInUse as error:
        message = (
            f"store {error.path} is in use by another process, and an embedded store opens in one "
            "process only: look at the page of the run that has it ([live] page in its settings), "
            "stop that run, or let runs write to a ClickHouse server and serve that"
        )
        raise StoreError(message) from error
