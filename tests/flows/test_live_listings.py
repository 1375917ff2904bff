"""Live, and the venue lists and delists meanwhile: lines, rows, and the replay after a kill.

Over real sockets; a proxy in front of the simulated venue's REST changes what it lists.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest

from schemas.tables import TABLES
from tests.flows.lived import Lived, live_through

CONNECTIONS = ("binance-usdm-market", "binance-usdm-public")
SIMULATE = ("--venues", "binance-usdm", "--speed", 5)
GONE, COMES, STAYS = "SOLUSDT", "ETHUSDT", "BTCUSDT"
MEMBERS = [f"binance-usdm:{symbol}" for symbol in (STAYS, GONE)]


class Proxy(ThreadingHTTPServer):
    """Hides one instrument at first, and another one after: twice, or it is not delisted.

    At the third time of asking one comes and the other is gone.
    """

    venue = ""
    listings = 0

    def hidden(self) -> set[str]:
        self.listings += 1
        return {COMES} if self.listings == 1 else {COMES, GONE} if self.listings == 2 else {GONE}


class Forward(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        with urlopen(self.server.venue + self.path) as answer:
            body = answer.read()
        if "exchangeInfo" in self.path:
            hidden, listing = self.server.hidden(), json.loads(body)
            listing["symbols"] = [s for s in listing["symbols"] if s["symbol"] not in hidden]
            body = json.dumps(listing).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def proxy() -> Iterator[Proxy]:
    with Proxy(("127.0.0.1", 0), Forward) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    with proxy() as server:

        def edited(_: int, settings: str) -> str:
            out = []
            for line in settings.splitlines():
                if line.startswith("rest_url = "):
                    server.venue = line.split('"')[1]
                    out.append(f'rest_url = "http://127.0.0.1:{server.server_port}"')
                elif line.startswith("instruments = "):
                    out.append('instruments = ["*USDT"]')
                elif line == "[regime]":
                    out += [line, f"members = {json.dumps(MEMBERS)}"]
                elif line == "step_s = 5":
                    out.append("step_s = 1")  # warm after five
                elif line == "[live]":
                    out += [line, "listing_minutes = 0.03"]
                else:
                    out.append(line)
            return "\n".join(out) + "\n"

        folder = tmp_path_factory.mktemp("listed")
        return live_through(folder, SIMULATE, CONNECTIONS, [8.0, 3.0], edited)


def test_the_line_stands_before_the_first_frame_and_is_not_said_again(listed: Lived) -> None:
    codes = listed.killed, listed.stopped, listed.replayed
    assert codes == ([-9], 0, 0), listed.said + listed.replay_said
    for name, lines in listed.lines.items():
        words = [x.word for x in lines if x.word in ("open", "start", "instruments", "close")]
        assert words == ["open", "instruments", "start", "open", "close"], name
        at = next(k for k, line in enumerate(lines) if line.word == "instruments")
        said = json.loads(lines[at].payload[1:])
        assert said["delisted"] == [GONE]
        assert [(e["symbol"], e["connections"]) for e in said["listed"]] == [
            (COMES, sorted(CONNECTIONS))
        ]
        mark, frames = f'"s":"{COMES}"'.encode(), [line.payload for line in lines]
        assert not any(mark in frame for frame in frames[:at])
        assert any(mark in frame for frame in frames[at:])
        gone = f'"s":"{GONE}"'.encode()
        began = next(k for k, line in enumerate(lines) if line.word == "start")
        assert any(gone in frame for frame in frames[:at])
        assert not any(gone in frame for frame in frames[began:])  # nobody subscribes to it


@pytest.mark.parametrize("table", [name for name in TABLES if name != "feed_health"])
def test_a_replay_gives_the_rows_of_the_run(listed: Lived, table: str) -> None:
    assert listed.tables[table, "main"] == listed.tables[table, "again"]


def test_ticks_begin_and_end_with_the_line(listed: Lived) -> None:
    lines = listed.lines["binance-usdm-public"]
    at = next(line.at_ns for line in lines if line.word == "instruments") / 1e9
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(listed.tables["ticks", "main"], key=lambda row: row["ts"]):
        found.setdefault(row["instrument"].partition(":")[2], []).append(row)
    assert sorted(found) == [STAYS, COMES, GONE]
    assert found[GONE][-1]["quality"] == "gap"
    assert 0.0 < found[GONE][-1]["ts"].timestamp() - at < 0.5
    assert found[COMES][0]["ts"].timestamp() > at
    assert found[COMES][-1]["quality"] == "ok"
    assert found[COMES][-1]["ts"] == found[STAYS][-1]["ts"]
    assert not any("unlisted" in row["flags"] for rows in found.values() for row in rows)


def test_the_market_regime_goes_on_with_the_members_that_are_left(listed: Lived) -> None:
    lines = listed.lines["binance-usdm-public"]
    at = next(line.at_ns for line in lines if line.word == "instruments") / 1e9
    rows = [row for row in listed.tables["regimes", "main"] if row["scope"] == "market"]
    later = [row for row in rows if row["ts"].timestamp() > at + 1.5]
    assert later
    assert {row["members"] for row in later} == {1}
