"""The demo as it is, but short: live over sockets, on its page, replayed to the same rows."""

import json
import socket
import time
import urllib.request
from io import StringIO
from pathlib import Path
from threading import Event, Thread

from rich.console import Console

from flows.demo import AGAIN, demo, settings_text
from flows.settings import load
from schemas.tables import TABLES
from sinks.reading import differing
from sinks.store import Store
from tests.flows.page.browser import PROGRAM, browser

PATIENCE_S = 90.0
INSTRUMENTS = 22
VENUE = '[[source]]\nvenue = "okx"\ninstruments = ["BTC-USDT-SWAP"]\n'


def free_address() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


class Visitor(Thread):
    """Looks at the page, in Chromium where there is one, until it shows every instrument.

    Then it stops the run. `said` is what the browser had to complain about.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.url, self.picture = "", folder / "page.png"
        self.seen: set[str] = set()
        self.said: list[str] = []
        self._profile = folder / "profile"

    def visit(self, url: str, stop: Event) -> None:
        self.url, self._stop = url, stop
        self.start()

    def run(self) -> None:
        try:
            self._wait()
            if PROGRAM is not None:
                self._look()
        finally:
            self._stop.set()

    def _wait(self) -> None:
        """Until every instrument has a tick."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.seen) < INSTRUMENTS and time.monotonic() < deadline:
            time.sleep(0.2)
            with urllib.request.urlopen(self.url + "state.json", timeout=PATIENCE_S) as answer:
                told = json.load(answer)["instruments"]
            self.seen = {name for name, one in told.items() if one.get("tick")}

    def _look(self) -> None:
        with browser(self._profile) as chromium, chromium.tab() as tab:
            tab.open(self.url)
            tab.wait(f"document.querySelectorAll('.card').length === {INSTRUMENTS}")
            tab.wait("document.querySelector('#status').textContent.includes('live')")
            clock = tab.text("#clock")
            tab.wait(f"document.querySelector('#clock').textContent !== {json.dumps(clock)}")
            tab.picture(self.picture)
            self.said = list(tab.said)


def test_a_short_demo(tmp_path: Path) -> None:
    told, visitor = StringIO(), Visitor(tmp_path)
    console = Console(file=told, width=200)
    page = free_address()
    (tmp_path / "demo").mkdir()
    code = demo(
        tmp_path / "demo", console, minutes=3.0, scenario="crash", page=page, opened=visitor.visit
    )  # fmt: skip
    said = told.getvalue()
    assert code == 0, said
    assert f"page: http://{page}/\n" in said
    assert visitor.said == []
    assert PROGRAM is None or visitor.picture.is_file()  # it saw all and the clock move
    tables = [table for table in TABLES.values() if table.replayed]
    same = f"replayed from the spool as run 'again': the same rows in all {len(tables)} tables\n"
    assert same in said
    store = f"chdb://{tmp_path}/demo/store"
    with Store.open(store, create=False) as opened:
        names = opened.query("SELECT DISTINCT instrument FROM ticks WHERE run = 'demo'").rows
        assert {name for (name,) in names} == visitor.seen
        assert len(names) == INSTRUMENTS
        assert differing(opened, tables, "demo", AGAIN) == []
        counts = opened.counts("demo")
        filled = [table.name for table in tables if counts[table.name]]
        assert differing(opened, tables, "demo", "nothing") == filled
    settings = load(tmp_path / "demo" / "demo.toml", {}, {})
    assert (settings.run, settings.store.url, settings.live.page) == ("demo", store, page)


def test_its_settings_hold_all_shipped_rules(tmp_path: Path) -> None:
    config = tmp_path / "demo.toml"
    config.write_text(settings_text(tmp_path, VENUE, "127.0.0.1:1"), encoding="utf-8")
    settings = load(config, {}, {})
    regime = settings.regime
    assert (regime.step_s, regime.enter_dwell_s, regime.leave_dwell_s) == (2.0, 4.0, 20.0)
    assert {"market-stress", "demo-stress"} <= {rule.name for rule in settings.rule}
    assert [source.venue for source in settings.source] == ["okx"]
