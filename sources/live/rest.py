"""REST answers that sessions wish for: within the venue's weights, and slower when it says so.

A request waits for its turn among the weights of its host. 429 and 418 hold every request to that
host for as long as the answer says; a timeout, a cut connection or a 5xx is tried again after a
back-off. What is recorded is the URL that was wished for, whatever host was asked instead of it.
"""

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx
from msgspec import Struct

from sources.live.backoff import Backoff
from sources.live.failures import RATE_LIMITED, place, retry_after_s
from sources.live.feed import Feed
from sources.live.health import Counters
from sources.live.rates import Rate
from sources.live.timing import MINUTE_S, Timing

TRIES: Final = 3  # of one request; being told to wait is no try
AT_ONCE: Final = 4  # requests under way
_OK: Final = 200
_FAILING: Final = 500  # this and above: the venue's own trouble


class Answer(Struct, frozen=True):
    """What became of a request: a body, or the reason why there is none."""

    body: bytes | None
    reason: str = ""


class RestFetcher:
    """REST of one feed. `rest_url` replaces scheme and host of every URL."""

    def __init__(
        self,
        feed: Feed,
        client: httpx.AsyncClient,
        *,
        rest_url: str | None,
        timing: Timing,
        tell: Callable[[str], None],
        random: Callable[[], float],
    ) -> None:
        self._feed = feed
        self._client = client
        self._rest_url = rest_url
        self._timing = timing
        self._tell = tell
        self._random = random
        self._rates: dict[str, Rate] = {}  # by host
        self._places = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, url: str, counters: Counters) -> Answer:
        """The answer to a wish's URL; never raises for what the network or the venue does.

        `counters` are those of the connection that wishes.
        """
        request = self._feed.request(url)
        target = request.url if self._rest_url is None else at_host(request.url, self._rest_url)
        rate = self._rate(target)
        timing = self._timing
        backoff = Backoff(
            timing.backoff_least_s, timing.backoff_most_s, timing.healthy_s, self._random
        )
        reason = ""
        tries = 0
        while tries < TRIES:
            await self._turn(rate, request.weight)
            try:
                async with self._places, asyncio.timeout(timing.request_s):
                    status, headers, body = await self._ask(request.method, target, request.body)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            else:
                self._take_note(rate, headers)
                if status == _OK and body is not None:
                    return Answer(body)
                if body is None:
                    return Answer(None, f"more than {self._feed.frame_bytes} bytes")
                if status in RATE_LIMITED:
                    counters.rate_limited += 1
                    told_s = retry_after_s(status, headers)
                    self._hold(rate, target, status, backoff.wait_s(0.0, told_s))
                    continue
                reason = f"HTTP {status}"
                if status < _FAILING:
                    return Answer(None, reason)
            tries += 1
            if tries < TRIES:
                await asyncio.sleep(backoff.wait_s(0.0))
        return Answer(None, reason)

    async def _turn(self, rate: Rate, weight: int) -> None:
        now_s = asyncio.get_running_loop().time
        at_s = rate.reserve(now_s(), weight)
        while True:
            await asyncio.sleep(at_s - now_s())
            if not rate.held(at_s):
                return
            at_s = rate.reserve(now_s(), weight)

    async def _ask(
        self, method: str, target: str, body: bytes
    ) -> tuple[int, httpx.Headers, bytes | None]:
        """Status, headers and body; no body when it is longer than a frame may be."""
        headers = dict(self._feed.headers)
        if body:
            headers["content-type"] = "application/json"
        pieces: list[bytes] = []
        size = 0
        stream = self._client.stream(method, target, content=body or None, headers=headers)
        async with stream as response:
            async for piece in response.aiter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > self._feed.frame_bytes:
                    return response.status_code, response.headers, None
            return response.status_code, response.headers, b"".join(pieces)

    def _take_note(self, rate: Rate, headers: httpx.Headers) -> None:
        used = headers.get(self._feed.rest.used_header, "") if self._feed.rest.used_header else ""
        if used.isascii() and used.isdigit():
            rate.used(asyncio.get_running_loop().time(), int(used))

    def _hold(self, rate: Rate, target: str, status: int, seconds: float) -> None:
        rate.hold(asyncio.get_running_loop().time() + seconds)
        self._tell(
            f"{self._feed.venue}: HTTP {status} from {place(target)}: no requests for {seconds:g} s"
        )

    def _rate(self, target: str) -> Rate:
        host = urlsplit(target).netloc
        if host not in self._rates:
            self._rates[host] = Rate(self._feed.rest.weight_per_minute, MINUTE_S)
        return self._rates[host]


def at_host(url: str, base: str) -> str:
    """The same path and query at another host; `base` is `scheme://host[:port]`.

    >>> at_host("https://api.example/v1/depth?symbol=X", "http://127.0.0.1:9101")
    'http://127.0.0.1:9101/v1/depth?symbol=X'
    """
    there, parts = urlsplit(base), urlsplit(url)
    return urlunsplit((there.scheme, there.netloc, parts.path, parts.query, ""))
