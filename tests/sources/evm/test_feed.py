"""A node as a feed: what is subscribed to, what confirms it, what is asked on the socket."""

import json

import pytest

from schemas.chain_contract import ChainSettings
from schemas.errors import UsageError
from sources.evm.feed import EvmFeed
from sources.evm.filters import log_filters
from sources.live.feed import Acknowledged
from tests.sources.evm.node_talk import BARE, WATCHED, answer, h, header, notice, trouble

URLS = {"ws_url": "ws://127.0.0.1:9101/evm/1"}


def test_one_connection_with_heads_logs_and_what_waits() -> None:
    (plan,) = EvmFeed(WATCHED).plans([], ["chain"], URLS)
    assert (plan.name, plan.url) == ("evm-1-1", "ws://127.0.0.1:9101/evm/1")
    assert [json.loads(message) for message in plan.messages] == [
        {"jsonrpc": "2.0", "id": "sub:heads", "method": "eth_subscribe", "params": ["newHeads"]},
        *(
            {"jsonrpc": "2.0", "id": f"sub:logs-{k}", "method": "eth_subscribe",
             "params": ["logs", one]}
            for k, one in enumerate(log_filters(WATCHED))
        ),
        {"jsonrpc": "2.0", "id": "sub:mempool", "method": "eth_subscribe",
         "params": ["newPendingTransactions", True]},
    ]  # fmt: skip
    logs = [f"logs-{k}" for k in range(len(log_filters(WATCHED)))]
    assert plan.expected == ("heads", *logs, "mempool")


def test_streams_are_chosen() -> None:
    (plan,) = EvmFeed(BARE).plans(["mempool-hashes"], ["chain"], URLS)
    (message,) = plan.messages
    assert json.loads(message)["params"] == ["newPendingTransactions"]
    with pytest.raises(UsageError, match="choose mempool or mempool-hashes, not both"):
        EvmFeed(BARE).plans(["mempool", "mempool-hashes"], ["chain"], URLS)
    with pytest.raises(UsageError, match='evm-1 has no stream "block"'):
        EvmFeed(BARE).plans(["block"], ["chain"], URLS)
    with pytest.raises(UsageError, match="evm-1 has no public node: give the source a ws_url"):
        EvmFeed(BARE).plans([], ["chain"], {})


def test_confirmations_and_refusals() -> None:
    feed = EvmFeed(BARE)
    assert feed.acknowledged(answer("sub:heads", "0x7").encode()) == Acknowledged(("heads",))
    refused = trouble("sub:mempool", -32601, "not here").encode()
    assert feed.acknowledged(refused) == Acknowledged(refused=(("mempool", "not here"),))
    for other in (notice(header(1)), answer("tx:0x1", None), '{"id":"sub:', "[]"):
        assert feed.acknowledged(other.encode()) is None


def test_what_is_silence() -> None:
    feed = EvmFeed(BARE)
    assert feed.idle(answer("sub:heads", "0x7").encode())
    for said in (notice(header(1)), notice(h(1)), answer("tx:0x1", None)):
        assert not feed.idle(said.encode())


def test_questions_are_asked_on_the_socket() -> None:
    feed = EvmFeed(BARE)
    assert feed.question('rpc {"id":"tx:1"}') == b'{"id":"tx:1"}'
    assert feed.listing_urls() == ()
    assert feed.page("", b"").instruments == ()
    assert [one.name for one in feed.fixed] == ["evm-1:chain"]


def test_other_chains_have_other_names() -> None:
    feed = EvmFeed(ChainSettings(id=8453, name="base"))
    (plan,) = feed.plans([], ["chain"], URLS)
    assert (feed.venue, plan.name) == ("evm-8453", "evm-8453-1")
