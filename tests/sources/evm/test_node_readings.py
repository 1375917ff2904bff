"""Readings through a node's session: rounds, batches, what follows, reorgs and losses."""

from typing import Any

from eth_abi import encode

from schemas.chain import PoolMeta, Reading, TokenMeta
from schemas.chain_event import FeedState, V2Sync
from schemas.control import Granted, Rejected
from sources.evm.inquiry import BATCH, Inquiry
from sources.evm.node import EvmNode
from sources.evm.readings import Ask
from tests.sources.evm.node_talk import (
    AGGREGATOR,
    POOL,
    PROXY,
    WATCHED,
    answer,
    asked,
    h,
    header,
    names,
    node,
    notice,
    plain,
    said,
    trouble,
)
from tests.sources.talk import START, hear, text

WETH, USDC = "0x" + "11" * 20, "0x" + "22" * 20
ORACLE, PAIR = f"read:oracle-{PROXY}:0", f"read:pool-{POOL}:0"
FEED = [
    encode(["address"], [AGGREGATOR]), encode(["uint16"], [6]), encode(["uint8"], [8]),
    encode(["string"], ["ETH / USD"]),
    encode(["uint80", "int256", "uint256", "uint256", "uint80"],
           [(6 << 64) + 9, 200_000_000_000, 0, 1_700_000_000, 0]),
]  # fmt: skip
RESERVES = [
    encode(["address"], [USDC]), encode(["address"], [WETH]),
    encode(["uint112", "uint112", "uint32"], [4_000_000, 2 * 10**18, 5]),
]  # fmt: skip


def results(name: str, found: list[bytes]) -> list[str]:
    return [answer(f"{name}:{place}", "0x" + data.hex()) for place, data in enumerate(found)]


def batch(name: str, found: list[bytes]) -> str:
    return f"[{','.join(results(name, found))}]"


def begun() -> Any:
    made = node(WATCHED)
    items = hear(made, text(notice(header(100))))
    assert {f"{ORACLE}:0", f"{PAIR}:0"} <= set(names(items))
    return made


def test_a_reading_is_asked_for_as_one_batch_at_the_head() -> None:
    items = hear(node(WATCHED), text(notice(header(100))))
    (calls,) = [
        one for one in asked(items) if isinstance(one, list) and one[0]["id"] == f"{PAIR}:0"
    ]
    assert [one["method"] for one in calls] == ["eth_call"] * 3
    assert [one["id"] for one in calls] == [f"{PAIR}:{k}" for k in range(3)]
    assert calls[0]["params"] == [{"to": POOL, "data": "0x0dfe1681"}, "0x64"]  # token0()


def test_a_feed_in_one_round() -> None:
    items = hear(begun(), text(batch(ORACLE, FEED)), 2)
    state = FeedState(AGGREGATOR, 6, 8, "ETH / USD", 9, 200_000_000_000, 1_700_000_000)
    assert said(items) == [Reading(100, h(100), PROXY, state)]
    assert sum(isinstance(item, Granted) for item in items) == 1


def test_answers_may_come_one_by_one_and_in_any_order() -> None:
    made = begun()
    for line in reversed(results(ORACLE, FEED)[1:]):
        assert hear(made, text(line)) == []
    assert len(said(hear(made, text(results(ORACLE, FEED)[0])))) == 1


def test_a_pool_is_followed_by_its_tokens() -> None:
    made = begun()
    items = hear(made, text(batch(PAIR, RESERVES)), 2)
    assert said(items) == [
        PoolMeta(POOL, "uniswap-v2", USDC, WETH, 3000, 1),
        Reading(100, h(100), POOL, V2Sync(4_000_000, 2 * 10**18)),
    ]
    assert names(items) == [f"read:token-{USDC}:0:0", f"read:token-{WETH}:0:0"]
    token = [encode(["string"], ["WETH"]), encode(["uint8"], [18])]
    assert said(hear(made, text(batch(f"read:token-{WETH}:0", token)))) == [
        TokenMeta(WETH, "WETH", 18)
    ]


def test_a_reading_that_cannot_be_is_rejected_and_begins_again_at_the_next_head() -> None:
    made = begun()
    line = (
        f"[{trouble(f'{PAIR}:0', 3, 'execution reverted')},{','.join(results(PAIR, RESERVES)[1:])}]"
    )
    items = hear(made, text(line), 2)
    (rejected,) = [item for item in items if isinstance(item, Rejected)]
    assert rejected.detail.startswith(f"reading pool-{POOL}: ")
    assert said(items) == []
    assert f"{PAIR}:0" in names(hear(made, text(notice(header(101)))))


def test_a_node_that_puts_calls_off_is_asked_again_by_the_same_wish() -> None:
    made = begun()
    later = trouble(f"{PAIR}:0", -32005, "slow down")
    line = f"[{later},{','.join(results(PAIR, RESERVES)[1:])}]"
    assert hear(made, text(line), 2) == []
    assert f"{PAIR}:0" in made.reader.questions.open
    assert len(said(hear(made, text(batch(PAIR, RESERVES)), 3))) == 2


def test_what_was_read_in_a_branch_that_is_left_is_read_again() -> None:
    made = begun()
    hear(made, text(batch(ORACLE, FEED)))
    assert f"{ORACLE}:0" not in names(hear(made, text(notice(header(101)))))
    hear(made, text(notice(header(100, 1))))
    next_of_it = header(101, 1, parent=h(100, 1))
    assert f"{ORACLE}:0" in names(hear(made, text(notice(next_of_it))))


def test_an_ancestor_begins_nothing_at_a_number_that_is_not_its_own() -> None:
    made = begun()
    hear(made, text(batch(ORACLE, FEED)))
    hear(made, text(notice(header(103))))
    made.reader.inquiry.done.clear()
    found = names(hear(made, text(answer(f"block:{h(102)}", header(102, transactions=[])))))
    assert not [name for name in found if name.startswith("read:")]
    assert f"{ORACLE}:0" in names(hear(made, text(notice(header(104, parent=h(103))))))


def test_what_changes_without_a_log_is_read_every_hour() -> None:
    made = begun()  # at block 100, 20 min before the hour is full
    hear(made, text(batch(ORACLE, FEED)))
    hear(made, text(batch(PAIR, RESERVES)))
    assert not [n for n in names(hear(made, text(notice(header(101))))) if n.startswith("read:")]
    later = header(102, timestamp=hex(1_700_001_200 + 3600))
    assert [n for n in names(hear(made, text(notice(later)))) if n.startswith("read:o")] == [
        f"{ORACLE}:0"
    ]


def test_after_a_jump_everything_is_read_again() -> None:
    made = begun()
    hear(made, text(batch(ORACLE, FEED)))
    assert f"{ORACLE}:0" in names(hear(made, text(notice(header(300)))))


def test_a_lost_connection_gives_no_answers_so_readings_begin_again() -> None:
    made = begun()
    hear(made, text(*results(ORACLE, FEED)[1:]))
    made.lose(START, 9, "reconnect")
    assert said(hear(made, text(results(ORACLE, FEED)[0]))) == []
    assert f"{ORACLE}:0" in names(hear(made, text(notice(header(101)))))


def test_a_restored_session_takes_the_answers_that_were_under_way() -> None:
    lines = [notice(header(100)), *results(ORACLE, FEED), batch(PAIR, RESERVES)]
    straight = node(WATCHED)
    whole = [plain(hear(straight, text(line), k + 1)) for k, line in enumerate(lines)]
    for cut in range(len(lines) + 1):
        first, second = node(WATCHED), node(WATCHED)
        before = [plain(hear(first, text(line), k + 1)) for k, line in enumerate(lines[:cut])]
        second.restore(first.snapshot())
        after = [plain(hear(second, text(line), cut + k + 1)) for k, line in enumerate(lines[cut:])]
        assert before + after == whole


class _Long:
    """A reading of many calls in one round."""

    def asks(self) -> tuple[Ask, ...]:
        return tuple(Ask(POOL, bytes([k % 256])) for k in range(2 * BATCH + 7))

    def take(self, found: Any) -> int:
        return len(found)


def test_long_rounds_are_asked_in_batches_that_end_by_themselves() -> None:
    inquiry = Inquiry({"long": _Long})
    messages = inquiry.begin(100, h(100))
    assert [name for name, _ in messages] == [f"read:long:0:{k * BATCH}" for k in range(3)]
    ended = []
    for place in [*range(2 * BATCH, 2 * BATCH + 7), *range(2 * BATCH)]:
        under, name = inquiry.take("long", 0, place, b"")
        ended += [name] if name else []
    assert ended == [f"read:long:0:{2 * BATCH}", "read:long:0:0", f"read:long:0:{BATCH}"]
    assert under is not None
    assert inquiry.finish("long", under) == (2 * BATCH + 7, [])
    assert inquiry.begin(101, h(101)) == []


def test_strange_answers_change_nothing() -> None:
    made = begun()
    inquiry = made.reader.inquiry
    assert isinstance(made.reader, EvmNode)
    for name, turn, place in (("none", 0, 0), (f"oracle-{PROXY}", 1, 0), (f"oracle-{PROXY}", 0, 9)):
        assert inquiry.take(name, turn, place, b"") == (None, "")
    for odd in ("read:", "read:a:b:c", "read:a:0", f"{ORACLE}:x"):
        hear(made, text(answer(odd, "0x")))
