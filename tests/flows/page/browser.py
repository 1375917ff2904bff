"""A headless Chromium driven over its own debugging protocol: evaluate, press keys, take pictures.

Everything that the page writes to the console, and every error it does not catch, is kept.
"""

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import ClientConnection, connect

from flows.page.server import Page

PROGRAM = shutil.which("chromium")
PATIENCE_S = 20.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-port=0",
)
NOT_ABOUT_US = "net::ERR_CONNECTION_REFUSED"  # Chromium itself notes that a server is gone


class Tab:
    """One tab. `said` has every line of its console and every uncaught error."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.said: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Send a command and wait for its answer; what comes meanwhile is kept."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        self._socket.send(json.dumps(command))
        while True:
            told = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
            self._keep(told)

    def _keep(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        if told["method"] == "Runtime.exceptionThrown":
            self.said.append(str(params["exceptionDetails"]))
        elif told["method"] == "Runtime.consoleAPICalled":
            self.said.append(str([each.get("value") for each in params["args"]]))
        elif told["method"] == "Log.entryAdded" and NOT_ABOUT_US not in params["entry"]["text"]:
            self.said.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    def open(self, url: str, width: int = 1280, height: int = 900, scheme: str = "light") -> Self:
        """Go to a page, in a window of that size."""
        mobile = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=media)
        self.call("Page.bringToFront")  # one behind another is not drawn
        self.call("Page.navigate", url=url)
        return self

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def text(self, selector: str) -> str:
        """The text one sees of the first such element, once it is drawn; empty when none is."""
        found = self.evaluate(
            "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
            f".then(() => document.querySelector({selector!r}))"
            ".then(found => found?.checkVisibility() ? found.innerText : '')"
        )
        return re.sub(r"\s+", " ", str(found)).strip()

    def wait(self, script: str) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + PATIENCE_S
        while not self.evaluate(f"Boolean({script})"):
            assert time.monotonic() < until, f"never true: {script}; said {self.said}"
            time.sleep(0.02)

    def press(self, key: str, code: int = 0, text: str = "") -> None:
        """Press a key; `code` is its virtual key code."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """A PNG of the window, or of the whole page."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(taken["data"]))


class Browser:
    """A running Chromium."""

    def __init__(self, port: int) -> None:
        self.port = port

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        """A fresh tab, closed afterwards."""
        request = Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        with urlopen(request, timeout=PATIENCE_S) as answer:
            told = json.load(answer)
        with connect(
            told["webSocketDebuggerUrl"], max_size=None, ping_interval=None, proxy=None
        ) as socket:
            yield Tab(socket)
            urlopen(f"http://127.0.0.1:{self.port}/json/close/{told['id']}", timeout=PATIENCE_S)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own; skips the test where there is none."""
    if PROGRAM is None:
        pytest.skip("no Chromium here: the page is not looked at (install the package chromium)")
    command = [PROGRAM, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        yield Browser(_port(folder / "DevToolsActivePort", process))
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def look(tab: Tab, page: Page, **window: Any) -> Tab:
    """Open a page and wait for its first message."""
    tab.open(f"http://127.0.0.1:{page.port}/", **window)
    tab.wait("document.querySelector('#run')?.textContent")
    return tab


def card(name: str, part: str = "") -> str:
    """The selector of an instrument's card, or of a part of it."""
    return f".card[data-name='{name}'] {part}"


def _port(path: Path, process: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if path.is_file() and (text := path.read_text()):
            return int(text.split()[0])
        time.sleep(0.02)
    process.kill()
    raise AssertionError((process.stderr.read() if process.stderr else b"").decode())
