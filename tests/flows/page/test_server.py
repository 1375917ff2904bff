"""The page's server as a browser meets it: files, events, refusals, and its end."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import flows.page.server
from flows.page.server import DEFAULT_AT, Page, host_port, is_local
from flows.page.state import Shown
from schemas.errors import SeawallError, UsageError
from tests.flows.page.rows import BTC, ETH, NOW, S, items, moment, tick

STATIC = Path(flows.page.server.__file__).with_name("static")
PATIENCE_S = 10.0


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page("127.0.0.1:0", every_s=0.02, now_ns=lambda: NOW)
    page.start()
    yield page
    page.stop()


def ask(
    page: Page, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=PATIENCE_S)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


class Listener:
    """An open stream of events."""

    def __init__(self, page: Page) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=PATIENCE_S)
        self.connection.request("GET", "/events")
        self.answer = self.connection.getresponse()

    def next(self) -> Any:
        """The next message; None when the stream has ended."""
        line = self.answer.readline()
        if not line:
            return None
        assert line.startswith(b"data: ")
        assert self.answer.readline() == b"\n"
        return json.loads(line.removeprefix(b"data: "))

    def until(self, wanted: Any) -> Any:
        """The first message for which `wanted` is true."""
        end = time.monotonic() + PATIENCE_S
        while not wanted(message := self.next()):
            assert message is not None
            assert time.monotonic() < end
        return message


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/app.js", "app.js", "text/javascript; charset=utf-8"),
        ("/charts.js?x=1", "charts.js", "text/javascript; charset=utf-8"),
        ("/style.css", "style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "icon.svg", "image/svg+xml; charset=utf-8"),
    ],
)
def test_files_come_as_they_are_with_leave_for_nothing_else(
    page: Page, path: str, name: str, kind: str
) -> None:
    status, headers, body = ask(page, path)
    assert (status, headers["Content-Type"], body) == (200, kind, (STATIC / name).read_bytes())
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/server.py", "GET", 404),
        ("/../server.py", "GET", 404),
        ("/static/app.js", "GET", 404),
        ("/%2e%2e%2fserver.py", "GET", 404),
        ("/", "POST", 405),
        ("/events", "POST", 405),
        ("/events", "HEAD", 404),
        ("/state.json", "PUT", 405),
    ],
)
def test_nothing_else_is_there_and_nothing_can_be_sent(
    page: Page, path: str, method: str, status: int
) -> None:
    assert ask(page, path, method)[0] == status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:9999", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("seawall.example", 403),
        ("127.0.0.1.example:80", 403),
        ("", 403),
    ],
)
def test_other_sites_cannot_reach_a_loopback_page_under_their_name(
    page: Page, host: str, status: int
) -> None:
    assert ask(page, "/state.json", host=host or " ")[0] == status


def test_all_that_is_shown_at_once(page: Page) -> None:
    page.show(items(*moment()))
    status, headers, body = ask(page, "/state.json")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    told = json.loads(body)
    assert (told["full"], told["now_us"], sorted(told["instruments"])) == (
        True,
        NOW // 1_000,
        [BTC, ETH],
    )


def test_a_browser_gets_everything_once_and_then_what_changes(page: Page) -> None:
    page.show(items(tick(NOW, 1.0)))
    first = Listener(page)
    told = first.next()
    assert (told["full"], list(told["instruments"])) == (True, [BTC])
    page.show(items(tick(NOW + S, 2.0, ETH)))
    second = Listener(page)
    late = second.next()
    assert (late["full"], sorted(late["instruments"])) == (True, [BTC, ETH])
    new = first.until(lambda message: message["instruments"])
    assert (new["full"], list(new["instruments"])) == (False, [ETH])
    page.show(items(tick(NOW + S, 3.0)))
    for listener in (first, second):
        new = listener.until(lambda message: BTC in message["instruments"])
        assert new["instruments"][BTC]["prices"] == [[NOW // 1_000 + 1_000_000, 3.0]]
        assert new["full"] is False


def test_messages_go_on_when_nothing_changes(page: Page) -> None:
    listener = Listener(page)
    told = [listener.next() for _ in range(4)]
    assert [message["full"] for message in told] == [True, False, False, False]
    assert [message["instruments"] for message in told] == [{}] * 4


def test_a_browser_that_reads_nothing_is_let_go_and_holds_up_nobody(page: Page) -> None:
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", page.port))
    deaf.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    good = Listener(page)
    long = "x" * 1_000_000
    until = time.monotonic() + PATIENCE_S
    while len(page._browsers) < 2:
        good.next()
    step = 0
    while len(page._browsers) == 2:
        assert time.monotonic() < until
        step += 1
        page.show(items(tick(NOW + step * S, float(step), flags=(long,))))
        told = good.until(lambda message: BTC in message["instruments"])
        assert told["instruments"][BTC]["prices"][-1][1] == step
    assert len(page._browsers) == 1
    deaf.close()


def test_only_so_many_browsers(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.page.server, "MOST_BROWSERS", 1)
    first = Listener(page)
    assert first.next()["full"]
    assert ask(page, "/events")[::2] == (503, b"1 browsers look on already\n")
    first.answer.close()
    first.connection.close()
    until = time.monotonic() + PATIENCE_S
    while ask(page, "/state.json") and page._browsers:
        assert time.monotonic() < until
    assert Listener(page).next()["full"]


def test_the_end_of_a_page_ends_its_streams(page: Page) -> None:
    listener = Listener(page)
    assert listener.next()["full"]
    page.stop()
    while listener.next() is not None:
        pass
    with pytest.raises(ConnectionRefusedError):
        ask(page, "/")
    page.stop()  # again


def test_a_page_that_was_never_started_can_be_stopped() -> None:
    Page("127.0.0.1:0").stop()


def test_an_address_that_is_taken(page: Page) -> None:
    other = Page(f"127.0.0.1:{page.port}")
    with pytest.raises(SeawallError) as caught:
        other.start()
    assert str(caught.value) == (
        f"the page cannot be served at 127.0.0.1:{page.port}: Address already in use"
    )
    other.stop()


def test_a_host_that_is_none() -> None:
    with pytest.raises(SeawallError, match=r"the page cannot be served at nowhere\.invalid:80: "):
        Page("nowhere.invalid:80").start()


def test_the_url_has_the_port_that_was_free() -> None:
    shown = Shown("night")
    page = Page("localhost:0", shown)
    assert page.shown is shown
    url = page.start()
    assert url == f"http://localhost:{page.port}/"
    assert page.port > 0
    page.stop()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (DEFAULT_AT, ("127.0.0.1", 8099)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::1]:65535", ("[::1]", 65_535)),
    ],
)
def test_addresses(at: str, expected: tuple[str, int]) -> None:
    assert host_port(at) == expected


@pytest.mark.parametrize("at", ["", "8099", ":8099", "host:", "host:x", "host:65536", "host:²"])
def test_what_is_no_address(at: str) -> None:
    with pytest.raises(UsageError) as caught:
        Page(at)
    assert str(caught.value) == (
        f'page address "{at}" is none: write HOST:PORT, such as 127.0.0.1:8099'
    )


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("desk", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, local: bool) -> None:
    assert is_local(host) is local
