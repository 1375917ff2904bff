"""REST: one answer for one wish, held back when the venue says so, and never an exception."""

import asyncio
from itertools import pairwise
from time import monotonic
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from sources.live import rest as module
from sources.live.feed import RestLimits
from sources.live.health import Counters
from sources.live.rest import TRIES, Answer, RestFetcher, at_host
from tests.sources.live.faulty import QUICK, Asked, ToyFeed, plain, rest, until

URL = "https://toy.example/v1/depth?symbol=A&limit=10"
BODY = b'{"bids":[]}'
GOOD = (200, {}, BODY)


class Fetched:
    """What came of asking, and what the server saw."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: list[Answer] = []
        self.told: list[str] = []
        self.counters = Counters()
        self.begun_s = monotonic()

    @property
    def after_s(self) -> list[float]:
        """When each request came, since the beginning."""
        return [asked.at_s - self.begun_s for asked in self.asked]

    @property
    def pauses_s(self) -> list[float]:
        return [b.at_s - a.at_s for a, b in pairwise(self.asked)]


async def fetch(answer: Any, *urls: str, at_once: bool = True, **feed: Any) -> Fetched:
    """Fetch the URLs from a server that answers its n-th request by `answer(n)`."""
    found = Fetched()
    async with rest(answer, found.asked) as base, httpx.AsyncClient() as client:
        fetcher = RestFetcher(
            ToyFeed(**feed),
            client,
            rest_url=base,
            timing=QUICK,
            tell=found.told.append,
            random=lambda: 0.5,
        )
        fetches = [fetcher.fetch(url, found.counters) for url in urls]
        if at_once:
            found.answers = await asyncio.gather(*fetches)
        else:
            found.answers = [await one for one in fetches]
    return found


def test_the_answer_of_a_get_comes_from_the_host_of_the_settings() -> None:
    found = asyncio.run(fetch(lambda n: GOOD, URL))
    assert found.answers == [Answer(BODY)]
    assert [tuple(a)[1:] for a in found.asked] == [("GET", "/v1/depth?symbol=A&limit=10", b"")]
    assert (found.told, found.counters) == ([], Counters())


def test_a_question_is_posted() -> None:
    found = asyncio.run(fetch(lambda n: GOOD, "https://toy.example/info#meta"))
    assert [tuple(a)[1:] for a in found.asked] == [("POST", "/info", b'{"type":"meta"}')]


def test_without_another_host_the_url_itself_is_asked() -> None:
    async def scenario() -> tuple[list[Asked], Answer]:
        asked: list[Asked] = []
        async with rest(lambda n: GOOD, asked) as base, httpx.AsyncClient() as client:
            fetcher = RestFetcher(
                ToyFeed(), client, rest_url=None, timing=QUICK, tell=print, random=lambda: 0.5
            )
            return asked, await fetcher.fetch(f"{base}/x", Counters())

    asked, answer = asyncio.run(scenario())
    assert ([a.path for a in asked], answer) == (["/x"], Answer(BODY))


@pytest.mark.parametrize("status", [429, 418])
def test_too_many_requests_hold_every_request_for_as_long_as_told(status: int) -> None:
    limited = (status, {"Retry-After": "1"}, b"slow down")
    found = asyncio.run(fetch(lambda n: GOOD if n else limited, URL, URL + "0"))
    assert found.answers == [Answer(BODY), Answer(BODY)]
    assert len(found.asked) == 3
    assert found.asked[-1].at_s - found.asked[0].at_s >= 0.95
    assert found.counters == Counters(rate_limited=1)
    assert len(found.told) == 1
    assert found.told[0].startswith(f"toy: HTTP {status} from http://127.0.0.1:")
    assert found.told[0].endswith("/v1/depth: no requests for 1 s")


def test_a_wish_that_comes_during_the_hold_waits_as_well() -> None:
    async def scenario() -> list[Asked]:
        asked: list[Asked] = []
        limited = (429, {"Retry-After": "1"}, b"")
        async with (
            rest(lambda n: GOOD if n else limited, asked) as base,
            httpx.AsyncClient() as client,
        ):
            fetcher = RestFetcher(
                ToyFeed(), client, rest_url=base, timing=QUICK, tell=str, random=lambda: 0.5
            )
            first = asyncio.create_task(fetcher.fetch(URL, Counters()))
            await until(lambda: asked)
            await asyncio.sleep(0.05)
            await asyncio.gather(first, fetcher.fetch(URL, Counters()))
        return asked

    asked = asyncio.run(scenario())
    assert [a.at_s - asked[0].at_s >= 0.95 for a in asked] == [False, True, True]


def test_a_request_that_waits_for_its_weight_waits_for_the_hold_as_well() -> None:
    limited = (429, {"Retry-After": "1"}, b"")
    with patch.object(module, "MINUTE_S", 0.2):
        found = asyncio.run(fetch(lambda n: GOOD if n else limited, URL, URL, rest=RestLimits(2)))
    assert found.answers == [Answer(BODY)] * 2
    assert [a.at_s - found.asked[0].at_s >= 0.95 for a in found.asked] == [False, True, True]


def test_a_venue_that_says_zero_seconds_is_not_asked_at_once_over_and_over() -> None:
    limited = (429, {"Retry-After": "0"}, b"")
    found = asyncio.run(fetch(lambda n: GOOD if n == 4 else limited, URL))
    assert found.answers == [Answer(BODY)]
    least = [0.015, 0.030, 0.060, 0.120]
    assert all(pause >= wait for pause, wait in zip(found.pauses_s, least, strict=True))
    assert found.counters.rate_limited == 4


def test_trouble_of_the_venue_is_tried_again() -> None:
    found = asyncio.run(fetch(lambda n: GOOD if n == 2 else (503, {}, b""), URL))
    assert (found.answers, len(found.asked)) == ([Answer(BODY)], 3)
    assert all(pause >= 0.015 for pause in found.pauses_s)


def test_after_three_tries_the_reason_comes_instead_of_an_answer() -> None:
    found = asyncio.run(fetch(lambda n: (502, {}, b""), URL))
    assert (found.answers, len(found.asked)) == ([Answer(None, "HTTP 502")], TRIES)


def test_a_refusal_is_final() -> None:
    found = asyncio.run(fetch(lambda n: (400, {}, b'{"msg":"no such symbol"}'), URL))
    assert (found.answers, len(found.asked)) == ([Answer(None, "HTTP 400")], 1)


def test_an_answer_that_never_comes_is_given_up() -> None:
    found = asyncio.run(fetch(lambda n: GOOD if n else None, URL))
    assert found.answers == [Answer(BODY)]
    assert found.after_s[1] >= QUICK.request_s


def test_cut_connections_and_closed_ports_are_failures() -> None:
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def scenario() -> list[Answer]:
        async with plain(slam) as place, httpx.AsyncClient() as client:
            fetchers = [
                RestFetcher(
                    ToyFeed(), client, rest_url=url, timing=QUICK, tell=str, random=lambda: 0.5
                )
                for url in (f"http://{place}", "http://127.0.0.1:1")
            ]
            return [await fetcher.fetch(URL, Counters()) for fetcher in fetchers]

    slammed, refused = asyncio.run(scenario())
    assert (slammed.body, refused.body) == (None, None)
    assert "disconnected" in slammed.reason
    assert "connection" in refused.reason.lower()


def test_an_answer_longer_than_a_frame_is_not_read_to_its_end() -> None:
    found = asyncio.run(fetch(lambda n: (200, {}, b"x" * 101), URL, frame_bytes=100))
    assert found.answers == [Answer(None, "more than 100 bytes")]
    found = asyncio.run(fetch(lambda n: (200, {}, b"x" * 100), URL, frame_bytes=100))
    assert found.answers == [Answer(b"x" * 100)]


def test_weights_are_kept() -> None:
    with patch.object(module, "MINUTE_S", 0.4):
        found = asyncio.run(fetch(lambda n: GOOD, *[URL] * 5, rest=RestLimits(4)))
    assert [after >= 0.4 for after in found.after_s[2:]] == [True] * 3  # two cost two each
    assert found.after_s[4] >= 0.8


def test_the_weight_that_the_venue_counts_is_believed() -> None:
    with patch.object(module, "MINUTE_S", 0.4):
        answer = (200, {"X-Used": "9"}, BODY)
        one_by_one = {"rest": RestLimits(10, "x-used"), "at_once": False}
        found = asyncio.run(fetch(lambda n: answer, URL, URL, **one_by_one))
    assert found.after_s[1] >= 0.4


def test_another_host() -> None:
    assert at_host("https://a:1/b/c?d=e#f", "http://g:2") == "http://g:2/b/c?d=e"
