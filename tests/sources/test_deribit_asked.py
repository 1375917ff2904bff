"""What Deribit's feed remembers of what it has asked: what each reconnect says, and no more."""

import json

from sources.deribit_feed import DeribitFeed
from sources.live.feed import Acknowledged
from tests.sources.talk import wire

BOOK = "book.BTC-PERPETUAL.100ms"
MISSING = "missing from the result"


def refusal(message: bytes) -> bytes:
    return wire({"jsonrpc": "2.0", "id": json.loads(message)["id"], "result": []}).encode()


def test_a_plan_is_known_at_each_reconnect_and_only_the_last_one() -> None:
    feed = DeribitFeed()
    (old,) = feed.plans(("book",), ["BTC-PERPETUAL"], {})
    for _ in range(2):
        answer = feed.acknowledged(refusal(old.messages[0]))
        assert answer == Acknowledged((), ((BOOK, MISSING),))
    feed.plans(("book",), ["ETH-PERPETUAL"], {})
    assert feed.acknowledged(refusal(old.messages[0])) == Acknowledged()


def test_a_single_request_is_forgotten_when_it_is_answered() -> None:
    feed = DeribitFeed()
    feed.plans(("book",), ["ETH-PERPETUAL", "SOL_USDC-PERPETUAL"], {})
    for ask in (lambda: feed.alone(BOOK) or b"", lambda: feed.again("BTC-PERPETUAL")[1]):
        message = ask()
        assert feed.acknowledged(refusal(message)) == Acknowledged((), ((BOOK, MISSING),))
        assert feed.acknowledged(refusal(message)) == Acknowledged()
