"""The page's web server: read-only, in a thread and event loop of its own beside the flow.

A browser gets a full message when it connects and then, twice a second, what has changed, as
Server-Sent Events. One message is made for all browsers; one that is too slow for it is let go and
comes back by itself. Nothing that a browser sends is read, and nothing comes from elsewhere.
"""

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from hashlib import blake2b
from pathlib import Path
from threading import Thread
from typing import Any, Final

import orjson
from aiohttp import web

from flows.page.state import Shown
from flows.page.view import message
from schemas.errors import SeawallError, UsageError
from schemas.settings import LiveSettings
from schemas.tables import Rows

DEFAULT_AT: Final = LiveSettings().page
EVERY_S: Final = 0.5
MOST_BROWSERS: Final = 32
_BEHIND: Final = 8  # messages that may wait for one browser
_STOP_S: Final = 1.0
_STATIC: Final = Path(__file__).with_name("static")
_TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
_LOCAL: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def host_port(at: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; port 0 takes any that is free. Raises UsageError.

    >>> host_port("127.0.0.1:8099")
    ('127.0.0.1', 8099)
    """
    host, colon, port = at.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) < 65_536):
        text = f'page address "{at}" is none: write HOST:PORT, such as {DEFAULT_AT}'
        raise UsageError(text)
    return host, int(port)


def is_local(host: str) -> bool:
    """Whether only this machine reaches the host (of `host_port`, or of a request)."""
    return _LOCAL.fullmatch(host) is not None


class Page:
    """The page at `HOST:PORT`. Rows go in by `show`, from any thread."""

    def __init__(
        self,
        at: str = DEFAULT_AT,
        shown: Shown | None = None,
        *,
        every_s: float = EVERY_S,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Nothing is opened yet. Raises UsageError for an address that is none."""
        self.host, self.port = host_port(at)
        self.shown = Shown("main") if shown is None else shown
        self._every_s, self._now_ns = every_s, now_ns
        self._files = {path.name: path.read_bytes() for path in sorted(_STATIC.iterdir())}
        self._digest = blake2b(b"".join(self._files.values()), digest_size=8).hexdigest()
        self._browsers: dict[asyncio.Task[Any], asyncio.Queue[bytes | None]] = {}
        self._told = 0
        self._up: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="page", daemon=True)

    def start(self) -> str:
        """Serve from now on; returns the URL. Raises SeawallError when the address is taken."""
        self._thread.start()
        if self._up.exception() is not None:
            self._thread.join()
        _, _, self.port = self._up.result()
        return f"http://{self.host}:{self.port}/"

    def show(self, rows: Iterable[Rows]) -> None:
        """Keep the latest of these items for the browsers."""
        self.shown.take(rows)

    def stop(self) -> None:
        """Let every browser go and end the thread. Stopping twice, or before start, is harmless."""
        if self._thread.is_alive():
            loop, over, _ = self._up.result()
            with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
                loop.call_soon_threadsafe(over.set)
            self._thread.join()

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._guarded])
        app.router.add_get("/events", self._events, allow_head=False)
        app.router.add_get("/state.json", self._state)
        app.router.add_get("/{name:[^/]*}", self._file)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_STOP_S)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, self.host.strip("[]"), self.port).start()
            except (OSError, UnicodeError) as error:
                self._up.set_exception(SeawallError(self._unserved(error)))
                return
            over = asyncio.Event()
            self._up.set_result((asyncio.get_running_loop(), over, runner.addresses[0][1]))
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), self._every_s)
                self._tell()
            for task, queue in self._browsers.items():
                _put(task, queue, None)
        finally:
            await runner.cleanup()

    def _unserved(self, error: OSError | UnicodeError) -> str:
        number = error.errno if isinstance(error, OSError) else None
        why = os.strerror(number) if number and number > 0 else str(error)
        return f"the page cannot be served at {self.host}:{self.port}: {why}"

    def _tell(self) -> None:
        """Hand what is new to every browser; one that lags behind is let go."""
        if not self._browsers:
            return
        changes = self.shown.changes(self._told)
        self._told = changes.rev
        event = _event(message(changes, self._now_ns(), self._digest, full=False))
        for task, queue in self._browsers.items():
            _put(task, queue, event)

    def _all(self) -> dict[str, Any]:
        changes = self.shown.changes()
        if not self._browsers:
            self._told = changes.rev
        return message(changes, self._now_ns(), self._digest, full=True)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """On a loopback address only by its name: no other site may reach it by way of DNS."""
        if is_local(self.host) and not is_local(request.host):
            text = f"this page answers to {self.host} only: a proxy must ask for that host\n"
            return web.Response(status=403, text=text)
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"] or "index.html"
        if name not in self._files:
            raise web.HTTPNotFound
        kind = _TYPES[Path(name).suffix]
        return web.Response(body=self._files[name], content_type=kind, charset="utf-8")

    async def _state(self, _: web.Request) -> web.Response:
        """All that is shown, once: what a browser begins with."""
        return web.Response(body=orjson.dumps(self._all()), content_type="application/json")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        task = asyncio.current_task()
        if task is None or len(self._browsers) >= MOST_BROWSERS:
            return web.Response(status=503, text=f"{MOST_BROWSERS} browsers look on already\n")
        response = web.StreamResponse(headers=_HEADERS)
        response.content_type = "text/event-stream"
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_BEHIND)
        queue.put_nowait(_event(self._all()))
        self._browsers[task] = queue
        try:
            while (event := await queue.get()) is not None:
                await response.write(event)
        except ConnectionResetError:
            pass  # the browser has left
        except asyncio.CancelledError:
            if request.transport is not None:
                request.transport.abort()  # nothing waits in memory for one that does not read
            raise
        finally:
            del self._browsers[task]
        return response


def _put(task: asyncio.Task[Any], queue: asyncio.Queue[bytes | None], event: bytes | None) -> None:
    """Hand an event (None: the last) to a browser, or let it go when it lags behind."""
    if queue.full():
        task.cancel()
    else:
        queue.put_nowait(event)


def _event(told: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(told) + b"\n\n"
