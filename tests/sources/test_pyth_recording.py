"""Two recordings of twenty feeds (2025-06-27) as a session hears them: parsed, and from binary.

Nine feeds are in them, eleven of the twenty are repetitions: what is called a share there has the
id of a coin. The clock that recorded them was behind the publishers' by 2.6 and 3.6 s.
"""

import json
from typing import Any

import pytest

from sources.pyth_listing import URL
from tests.shared import shared_file
from tests.sources.pyth_frames import made, row, rows
from tests.sources.talk import hear, stamped, wire

RECORDINGS = ("21d17be7", "2867b49a")
LATEST = "https://hermes.pyth.network/v2/updates/price/latest"


def recorded(name: str) -> Any:
    path = shared_file(f"data/oracle/pyth_hermes_{name}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def listing(found: Any) -> str:
    feeds = [f for f in found["priceFeeds"] if f["assetType"] == "crypto"]
    return f"@{URL} " + wire([row(f"Crypto.{f['symbol']}", f["id"]) for f in feeds])


def expected(found: Any, received_ns: int, line: int) -> dict[Any, Any]:
    """Each feed once, its numbers divided by hand."""
    symbols = {f["id"][2:]: f["symbol"] for f in found["priceFeeds"] if f["assetType"] == "crypto"}
    return {
        (f"pyth:Crypto.{symbols[feed['id']]}", "oracle"): [
            (
                received_ns,
                line,
                feed["price"]["publish_time"] * 10**9,
                int(feed["price"]["price"]) / 10**8,
                int(feed["price"]["conf"]) / 10**8,
                int(feed["ema_price"]["price"]) / 10**8,
                feed["metadata"]["slot"],
            )
        ]
        for feed in found["hermesResponse"]["parsed"]
    }


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("form", ["answer", "event", "binary"])
def test_recorded_prices_are_rows(name: str, form: str) -> None:
    found = recorded(name)
    at_ns = found["hermesResponse"]["parsed"][0]["price"]["publish_time"] * 10**9 - 3 * 10**9
    body = dict(found["hermesResponse"])
    if form == "binary":
        del body["parsed"]
    payload = (f"@{LATEST}?ids[]=x " if form == "answer" else "data: ") + wire(body)
    session = made()
    items = hear(session, stamped([(at_ns, listing(found)), (at_ns + 1, payload)]))
    assert rows(items) == expected(found, at_ns + 1, 2)
    assert len(rows(items)) == 9
    assert +session.counts == {"repeated": 11}
    assert {i.price_decimals for i in session.instruments().values()} == {8}


def test_without_a_listing_two_of_them_have_names() -> None:
    found = recorded("21d17be7")
    at_ns = 1_751_002_511_420_000_000  # as recorded
    session = made()
    items = hear(session, stamped([(at_ns, f"@{LATEST} {wire(found['hermesResponse'])}")]))
    assert {name: held[0][3] for (name, _), held in rows(items).items()} == {
        "pyth:Crypto.BTC/USD": 107360.19, "pyth:Crypto.ETH/USD": 2436.60883177,
    }  # fmt: skip
    ages_ns = [received - published for ((received, _, published, *_),) in rows(items).values()]
    assert ages_ns == [-2_580_000_000] * 2  # a clock behind the publishers': younger than nothing
    assert +session.counts == {"repeated": 4, "unlisted": 14}
