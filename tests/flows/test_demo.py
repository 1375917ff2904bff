"""The demo as it is, but short: live over sockets, on its page, replayed to the same rows."""

import json
import socket
import time
import urllib.request
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

from rich.console import Console

from flows.demo import AGAIN, demo, settings_text
from flows.settings import load
from schemas.tables import TABLES
from sinks.reading import differing
from sinks.store import Store

PATIENCE_S = 60.0
VENUE = '[[source]]\nvenue = "okx"\ninstruments = ["BTC-USDT-SWAP"]\n'


def free_address() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


class Visitor(Thread):
    """Looks at the page until it shows prices of all instruments."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.url = ""
        self.seen: dict[str, Any] = {}

    def visit(self, url: str) -> None:
        self.url = url
        self.start()

    def run(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while len(self.seen) < 22 and time.monotonic() < deadline:
            time.sleep(0.1)
            try:
                with urllib.request.urlopen(self.url + "state.json", timeout=5.0) as answer:
                    state = json.load(answer)
            except OSError:  # it has ended
                return
            told = state["instruments"]
            self.seen = {name: one for name, one in told.items() if (one.get("tick") or {})}


def test_a_short_demo(tmp_path: Path) -> None:
    said, visitor = StringIO(), Visitor()
    console = Console(file=said, width=200)
    page = free_address()
    code = demo(
        tmp_path, console, minutes=0.15, scenario="crash", page=page, opened=visitor.visit
    )  # fmt: skip
    told = said.getvalue()
    assert code == 0, told
    assert f"page: http://{page}/\n" in told
    assert visitor.url == f"http://{page}/"
    tables = [table for table in TABLES.values() if table.replayed]
    same = f"replayed from the spool as run 'again': the same rows in all {len(tables)} tables\n"
    assert same in told
    store = f"chdb://{tmp_path}/store"
    with Store.open(store, create=False) as opened:
        names = opened.query("SELECT DISTINCT instrument FROM ticks WHERE run = 'demo'").rows
        assert {name for (name,) in names} == set(visitor.seen)
        assert len(names) == 22
        assert differing(opened, tables, "demo", AGAIN) == []
        counts = opened.counts("demo")
        filled = [table.name for table in tables if counts[table.name]]
        assert differing(opened, tables, "demo", "nothing") == filled
    settings = load(tmp_path / "demo.toml", {}, {})
    assert (settings.run, settings.store.url, settings.live.page) == ("demo", store, page)


def test_its_settings_hold_all_shipped_rules(tmp_path: Path) -> None:
    config = tmp_path / "demo.toml"
    config.write_text(settings_text(tmp_path, VENUE, "127.0.0.1:1"), encoding="utf-8")
    settings = load(config, {}, {})
    regime = settings.regime
    assert (regime.step_s, regime.enter_dwell_s, regime.leave_dwell_s) == (2.0, 4.0, 20.0)
    assert {"market-stress", "demo-stress"} <= {rule.name for rule in settings.rule}
    assert [source.venue for source in settings.source] == ["okx"]
