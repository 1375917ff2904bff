"""Simulated venues in a process of their own: they listen, they end, they say why they did not."""

import tomllib
import urllib.error
import urllib.request

import pytest

from flows.simulated import simulated_venues
from schemas.errors import SeawallError


def test_they_listen_until_nobody_needs_them() -> None:
    with simulated_venues("--port", "0", "--venues", "binance-spot,okx") as text:
        sources = tomllib.loads(text)["source"]
        assert [source["venue"] for source in sources] == ["binance-spot", "okx"]
        url = sources[0]["rest_url"] + "/api/v3/exchangeInfo"
        with urllib.request.urlopen(url, timeout=10.0) as answer:
            assert b"BTCUSDT" in answer.read()
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(url, timeout=10.0)


def test_those_that_do_not_begin_say_why() -> None:
    with (
        pytest.raises(SeawallError, match=r'did not begin: .*did you mean "crash"\?'),
        simulated_venues("--scenario", "crush"),
    ):
        pytest.fail("they have begun")
