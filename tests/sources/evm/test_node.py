"""A node's frames → items and questions: whole, in every order, through losses and restarts."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.chain import BlockAt, Body, ChainItem, FeeHistory, Head, Log, Pending
from schemas.chain_event import V2Sync
from schemas.control import Granted, Reason, Rejected, Seen
from tests.shared import shared_file
from tests.sources.evm.node_talk import (
    BARE,
    CHAIN,
    CONNECTION,
    POOL,
    ROUTER,
    SENDER,
    WATCHED,
    answer,
    asked,
    h,
    header,
    log,
    names,
    node,
    notice,
    plain,
    said,
    sync,
    transaction,
    trouble,
)
from tests.sources.talk import MS, START, hear, text

HEAD_100 = Head(BlockAt(100, h(100), 1_700_001_200), h(99), 1_000_000_000, 15_000_000, 30_000_000)


def test_a_head_and_what_is_asked_because_of_it() -> None:
    items = hear(node(BARE), text(notice(header(100))))
    seen, head, *_ = items
    assert isinstance(seen, Seen)
    assert (seen.instrument.name, seen.instrument.kind) == (CHAIN, "chain")
    assert head == ChainItem(CHAIN, CONNECTION, START, 1, HEAD_100)
    assert asked(items) == [
        {"jsonrpc": "2.0", "id": f"block:{h(100)}", "method": "eth_getBlockByHash",
         "params": [h(100), False]},
        {"jsonrpc": "2.0", "id": "fees:100", "method": "eth_feeHistory",
         "params": ["0x14", "0x64", [10.0, 50.0, 90.0]]},
    ]  # fmt: skip
    (wish, _) = [item for item in items if hasattr(item, "reason")]
    assert (wish.instrument, wish.reason) == (CHAIN, "question")


def test_the_same_head_again_asks_nothing() -> None:
    made = node(BARE)
    hear(made, text(notice(header(100))))
    again = hear(made, text(notice(header(100))), 2)
    assert again == [ChainItem(CHAIN, CONNECTION, START, 2, HEAD_100)]


def test_watched_contracts_have_their_logs_asked_for() -> None:
    items = hear(node(WATCHED), text(notice(header(100))))
    logs = [one for one in asked(items) if isinstance(one, dict) and one["method"] == "eth_getLogs"]
    assert [one["id"] for one in logs] == [f"logs:{h(100)}:{k}" for k in range(len(logs))]
    assert {one["params"][0]["blockHash"] for one in logs} == {h(100)}
    assert [POOL] in [one["params"][0].get("address") for one in logs]


def test_a_block_that_was_asked_for() -> None:
    made = node(BARE)
    hear(made, text(notice(header(100))))
    block = header(100, transactions=[h(1, 0x99), h(2, 0x99).upper().replace("0X", "0x")])
    items = hear(made, text(answer(f"block:{h(100)}", block)), 2)
    url = (
        'rpc {"id":"block:%s","jsonrpc":"2.0","method":"eth_getBlockByHash","params":["%s",false]}'
    )
    assert items == [
        ChainItem(CHAIN, CONNECTION, START, 2, HEAD_100),
        ChainItem(CHAIN, CONNECTION, START, 2, Body(100, h(100), (h(1, 0x99), h(2, 0x99)))),
        Granted(CHAIN, START, url % (h(100), h(100))),
    ]


def test_a_block_that_is_not_there_yet_is_asked_for_again() -> None:
    made = node(BARE)
    hear(made, text(notice(header(100))))
    assert hear(made, text(answer(f"block:{h(100)}", None)), 2) == []
    assert f"block:{h(100)}" in made.reader.questions.open


def test_ancestors_that_were_skipped_are_asked_for_one_by_one() -> None:
    made = node(BARE)
    hear(made, text(notice(header(100))))
    assert f"block:{h(102)}" in names(hear(made, text(notice(header(103)))))
    found = names(hear(made, text(answer(f"block:{h(102)}", header(102, transactions=[])))))
    assert found == [f"block:{h(101)}"]
    assert names(hear(made, text(answer(f"block:{h(101)}", header(101, transactions=[]))))) == []


def test_a_branch_is_followed_down_to_where_it_began() -> None:
    made = node(BARE)
    for number in (100, 101, 102):
        hear(made, text(notice(header(number))))
    items = hear(made, text(notice(header(103, 1, parent=h(102, 1)))))
    assert f"block:{h(102, 1)}" in names(items)
    parent = header(102, 1, parent=h(101), transactions=[])
    assert names(hear(made, text(answer(f"block:{h(102, 1)}", parent)))) == []


def test_a_head_that_is_out_of_reach_begins_anew() -> None:
    made = node(BARE)
    hear(made, text(notice(header(100))))
    items = hear(made, text(notice(header(200))))
    assert names(items) == [f"block:{h(200)}", "fees:200"]
    assert made.counts["blocks out of reach"] == 1


def test_logs_come_and_are_withdrawn() -> None:
    topics, data = ["0x" + "12" * 32], "0x" + "00" * 32
    items = hear(node(BARE), text(notice(sync(100, 5, 7, 9)), notice(log(100, 6, topics, data)),
                                  notice(sync(100, 5, 7, 9, removed=True))))  # fmt: skip
    one = Log(100, h(100), h(5, 0x77), 5, POOL, V2Sync(7, 9))
    gone = Log(100, h(100), h(5, 0x77), 5, POOL, V2Sync(7, 9), removed=True)
    assert said(items) == [one, gone]


def test_the_logs_of_a_block_come_as_an_answer_and_a_bad_one_spoils_no_other() -> None:
    made = node(WATCHED)
    hear(made, text(notice(header(100))))
    bad = log(100, 3, sync(100, 3, 1, 1)["topics"], "0x00")
    found = answer(f"logs:{h(100)}:0", [sync(100, 2, 1, 2), bad, sync(100, 4, 3, 4)])
    items = hear(made, text(found), 2)
    assert [one.event for one in said(items)] == [V2Sync(1, 2), V2Sync(3, 4)]
    (rejected,) = [item for item in items if isinstance(item, Rejected)]
    assert (rejected.line, rejected.reason) == (2, Reason.bad_number)
    assert rejected.detail == f"log of {POOL}: Sync: 1 bytes of data, 64 belong there"
    assert any(isinstance(item, Granted) for item in items)


WAITING = Pending(
    hash=h(1, 0x99), sender=SENDER, to=ROUTER, nonce=7, type=2, value_wei=0, gas=21_000,
    gas_price_wei=None, max_fee_wei=2_000_000_000, max_priority_wei=1_000_000_000, selector="",
    calls=(),
)  # fmt: skip


def test_a_transaction_that_waits() -> None:
    assert said(hear(node(BARE), text(notice(transaction(1))))) == [WAITING]
    legacy = transaction(1, type="0x0", gasPrice="0x5", maxFeePerGas=None, to=None,
                         maxPriorityFeePerGas=None, input="0x60016002ff")  # fmt: skip
    (found,) = said(hear(node(BARE), text(notice(legacy))))
    assert (found.gas_price_wei, found.max_fee_wei, found.to) == (5, None, None)
    assert found.selector == "0x60016002"


def test_unknown_selectors_are_counted_by_contract_and_bad_arguments_rejected() -> None:
    made = node(BARE)
    (found,) = said(hear(made, text(notice(transaction(1, input="0xdeadbeef")))))
    assert (found.calls, found.selector) == ((), "0xdeadbeef")
    assert made.counts[f"unknown selector 0xdeadbeef of {ROUTER}"] == 1
    short = transaction(2, input="0x38ed1739" + "00" * 31)  # swapExactTokensForTokens
    items = hear(made, text(notice(short)), 2)
    assert [one.calls for one in said(items)] == [()]
    (rejected,) = [item for item in items if isinstance(item, Rejected)]
    assert rejected.detail.startswith(f"calldata of {h(2, 0x99)}: ")


def test_transactions_that_come_as_hashes_are_looked_up() -> None:
    made = node(BARE)
    items = hear(made, text(notice(h(1, 0x99)), notice(h(2, 0x99)), notice(h(3, 0x99))))
    assert names(items) == [f"tx:{h(k, 0x99)}" for k in (1, 2, 3)]
    mined = transaction(2, blockHash=h(100))
    lines = text(answer(f"tx:{h(1, 0x99)}", transaction(1)), answer(f"tx:{h(2, 0x99)}", mined),
                 answer(f"tx:{h(3, 0x99)}", None))  # fmt: skip
    items = hear(made, lines, 4)
    assert said(items) == [WAITING]
    assert sum(isinstance(item, Granted) for item in items) == 3
    assert made.reader.questions.open == {}


def test_not_everything_is_looked_up_at_a_time() -> None:
    made = node(BARE)
    lines = text(*(notice(h(k, 0x99)) for k in range(300)))
    assert len(names(hear(made, lines))) == 256
    assert made.counts["transactions not looked up"] == 44


def test_fees() -> None:
    fees = {"oldestBlock": "0x63", "baseFeePerGas": ["0x1", "0x2", "0x3"],
            "gasUsedRatio": [0.5, 1],
            "reward": [["0x1", "0x2", "0x3"], ["0x4", "0x5", "0x6"]]}  # fmt: skip
    found = said(hear(node(BARE), text(answer("fees:100", fees))))
    assert found == [
        FeeHistory(99, (1, 2, 3), (0.5, 1.0), (10.0, 50.0, 90.0), ((1, 2, 3), (4, 5, 6)))
    ]
    (rejected,) = [
        item
        for item in hear(node(BARE), text(answer("fees:100", fees | {"reward": [["0x1"]]})))
        if isinstance(item, Rejected)
    ]
    assert rejected.detail == "fee history: its lists differ in length"


def test_a_refusal_for_good_ends_a_question_and_another_does_not() -> None:
    made = node(BARE)
    hear(made, text(notice(header(100))))
    items = hear(made, text(trouble("fees:100", -32601, "no such method"),
                            trouble(f"block:{h(100)}", -32005, "slow down")), 2)  # fmt: skip
    assert [type(item) for item in items] == [Granted]
    assert list(made.reader.questions.open) == [f"block:{h(100)}"]
    assert made.counts == {"refused fees: no such method": 1, "refused block: slow down": 1}


def test_after_a_loss_what_is_open_is_asked_again() -> None:
    made = node(BARE)
    hear(made, text(notice(header(100))))
    assert made.lose(START, 2, "reconnect") == []
    assert names(hear(made, text(notice(header(101))), 3)) == [
        f"block:{h(100)}", "fees:100", f"block:{h(101)}", "fees:101",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("{", Reason.not_json),
        ("7", Reason.wrong_type),
        (notice(header(100) | {"number": "100"}), Reason.wrong_type),
        (notice({"parentHash": h(1)}), Reason.missing_field),
        (notice(transaction(1) | {"nonce": "0x"}), Reason.wrong_type),
        (notice(sync(100, 1, 2, 3) | {"data": "0x0"}), Reason.wrong_type),
        (notice("0x12"), Reason.wrong_type),
    ],
)
def test_what_cannot_be_read_is_refused_whole(frame: str, reason: Reason) -> None:
    items = hear(node(BARE), text(frame))
    (rejected,) = [item for item in items if isinstance(item, Rejected)]
    assert rejected.reason == reason
    assert said(items) == []


def test_unknown_frames_are_counted() -> None:
    made = node(BARE)
    frames = (notice(True), notice({"syncing": True}), answer("gas:1", {}), '{"id":7,"result":1}',
              answer("sub:heads", "0x1"))  # fmt: skip
    assert said(hear(made, text(*frames))) == []
    assert made.counts == {"unknown notice": 2, "unknown answer gas": 1, "unknown frame": 1}


def test_a_restored_session_goes_on_as_the_first() -> None:
    frames = [notice(header(100)), notice(h(1, 0x99)), notice(sync(100, 5, 7, 9)),
              notice(header(103)), answer(f"block:{h(102)}", header(102, transactions=[])),
              answer(f"tx:{h(1, 0x99)}", transaction(1)), notice(header(102, 1))]  # fmt: skip
    straight = node(WATCHED)
    whole = [plain(hear(straight, text(f, start=START + k * MS), k + 1))
             for k, f in enumerate(frames)]  # fmt: skip
    for cut in range(len(frames) + 1):
        first, second = node(WATCHED), node(WATCHED)
        before = [plain(hear(first, text(f, start=START + k * MS), k + 1))
                  for k, f in enumerate(frames[:cut])]  # fmt: skip
        second.restore(first.snapshot())
        after = [plain(hear(second, text(f, start=START + (cut + k) * MS), cut + k + 1))
                 for k, f in enumerate(frames[cut:])]  # fmt: skip
        assert before + after == whole


@pytest.mark.parametrize(
    ("file", "kinds"),
    [
        ("newHeads.json", ["Head", "Head"]),
        ("log_real_1.json", ["Log"]),
        ("log_real_2.json", ["Log"]),
        ("log_aave_liquidationcall_and_reorg.json", ["Log", "Log"]),
    ],
)
def test_the_frames_of_the_sheet(file: str, kinds: list[str]) -> None:
    frames = json.loads(shared_file(f"frames/evm/{file}").read_text())["frames"]
    found = said(hear(node(BARE), text(*map(json.dumps, frames))))
    assert [type(one).__name__ for one in found] == kinds[: len(found)]
    assert len(found) == len([f for f in frames if f.get("method") == "eth_subscription"])


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
fields = st.sampled_from(["number", "hash", "parentHash", "topics", "data", "nonce", "input",
                          "logIndex", "gas", "from", "to", "address", "type"])  # fmt: skip


@given(st.sampled_from([header(1), sync(1, 2, 3, 4), transaction(1)]), fields, junk)
@settings(max_examples=300, deadline=None)
def test_whatever_a_node_says_nothing_breaks(frame: dict[str, Any], name: str, value: Any) -> None:
    made = node(WATCHED)
    odd = frame | {name: value}
    for payload in (notice(odd), answer(f"block:{h(1)}", odd), answer(f"logs:{h(1)}:0", [odd]),
                    json.dumps(value)):  # fmt: skip
        for item in hear(made, text(payload)):
            assert isinstance(item, ChainItem | Rejected | Seen | Granted) or item.url
