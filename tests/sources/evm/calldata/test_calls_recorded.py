"""Recorded blocks: what is understood is what stands there word by word, and what was executed."""

import functools

from schemas.chain_call import Liquidation, OracleReport, Swap, TokenMove
from sources.evm.calldata.calls import Understood, calls_in
from tests.reference import evm_blocks as blocks
from tests.shared import shared_file


@functools.cache
def traces() -> list[blocks.Trace]:
    return blocks.traces(shared_file("data/mempool"))


def read(trace: blocks.Trace) -> Understood:
    return calls_in(trace.to, trace.data, trace.value, trace.sender)


def made(selector: str) -> list[blocks.Trace]:
    """Calls of a function as they reach a contract, not what a proxy makes of them."""
    return [t for t in traces() if t.selector == selector and t.kind == "call"]


def test_nothing_recorded_is_malformed() -> None:
    assert {understood.malformed for understood in map(read, traces())} == {None}


def test_transmissions() -> None:
    found, reference = [], []
    for trace in made(blocks.TRANSMIT):
        assert trace.place == ()  # none is inside a contract
        understood = read(trace)
        (report,) = understood.calls
        assert isinstance(report, OracleReport)
        assert (report.ocr, report.secondary, report.observed_at_s) == (1, False, None)
        assert understood.unknown == ()
        raw = blocks.transmission(trace.data)
        assert raw == (
            report.config_digest, report.epoch_round, report.observations, report.signatures
        )  # fmt: skip
        found.append(
            (trace.transaction, report.to, report.answer, len(report.observations),
             report.config_digest, report.epoch_round, report.signatures)
        )  # fmt: skip
        count = len(raw.observations)
        rank = sorted(raw.observations).index(report.answer)
        assert rank <= count // 2 < rank + raw.observations.count(report.answer)
        reference.append((trace.transaction, trace.to, raw.observations[count // 2]))
    assert found == list(blocks.TRANSMISSIONS)
    assert reference == [fact[:3] for fact in blocks.TRANSMISSIONS]


def test_the_medians_are_what_the_aggregators_told_their_validators() -> None:
    told = {}
    for trace in traces():
        if trace.selector == blocks.VALIDATE:
            told[trace.transaction] = blocks.Words(trace.data[4:]).number(96, signed=True)
    medians = {fact[0]: fact[2] for fact in blocks.TRANSMISSIONS}
    assert told == blocks.VALIDATED == {name: medians[name] for name in told}


def test_liquidation_calls_of_aave() -> None:
    found, reference = [], []
    for trace in made(blocks.LIQUIDATION_CALL):
        assert trace.place == ()
        (call,) = read(trace).calls
        assert isinstance(call, Liquidation)
        assert call.protocol == "aave"
        (account,) = call.accounts
        found.append(
            (trace.transaction, call.to, call.collateral, call.debt, account, call.repay,
             call.receive_a_token)
        )  # fmt: skip
        words = blocks.Words(trace.data[4:])
        reference.append(
            (trace.transaction, trace.to, *map(words.address, (0, 32, 64)), words.number(96),
             words.number(128) == 1)
        )  # fmt: skip
    assert found == reference == list(blocks.LIQUIDATION_CALLS)


def test_liquidations_of_compound_inside_contracts() -> None:
    found = []
    for trace in (*made(blocks.LIQUIDATE_COIN), *made(blocks.LIQUIDATE_TOKEN)):
        (call,) = read(trace).calls
        assert isinstance(call, Liquidation)
        assert (call.protocol, call.debt) == ("compound-v2", call.to)
        found.append(
            (trace.transaction, trace.place, call.to, *call.accounts, call.repay, call.collateral)
        )
    assert found == list(blocks.COMPOUND_LIQUIDATIONS)


def test_swaps_of_v2_word_by_word_and_within_what_was_executed() -> None:
    seen = set()
    for trace in traces():
        if trace.selector not in blocks.V2_SWAPS or trace.kind != "call":
            continue
        (swap,) = read(trace).calls
        assert isinstance(swap, Swap)
        assert (swap.protocol, swap.pools, swap.to) == ("uniswap-v2", (), trace.to)
        assert as_swapped(swap) == blocks.v2_swap(trace.data, trace.value)
        if not trace.failed and trace.output:  # the amounts along the path
            words = blocks.Words(trace.output)
            amounts = [words.number(64 + 32 * i) for i in range(words.number(32))]
            assert len(amounts) == len(swap.path)
            assert_within(swap, amounts[0], amounts[-1])
            assert_traded(trace, swap.path)
        seen.add((trace.selector, trace.failed))
    assert {selector for selector, _ in seen} == set(blocks.V2_SWAPS) - {"4a25d94a"}


def test_swaps_of_v3_word_by_word_and_within_what_was_executed() -> None:
    seen = set()
    for trace in traces():
        if trace.selector not in blocks.V3_SWAPS:
            continue
        (swap,) = read(trace).calls
        assert isinstance(swap, Swap)
        assert (swap.protocol, swap.pools, swap.to) == ("uniswap-v3", (), trace.to)
        raw = blocks.v3_swap(trace.data)
        router = trace.to if raw.recipient == blocks.COIN else raw.recipient
        assert as_swapped(swap) == raw._replace(recipient=router)
        if not trace.failed and trace.output:
            other = blocks.Words(trace.output).number(0)
            ends = (raw.amount_in, other) if raw.amount_in is not None else (other, raw.amount_out)
            assert_within(swap, *map(int, map(str, ends)))
            assert_traded(trace, swap.path)
        seen.add(trace.selector)
    assert {"414bf389", "c04b8d59"} <= seen


def test_multicalls_are_what_they_executed() -> None:
    multicalls = [t for t in made(blocks.MULTICALL) if not t.failed]
    several = 0
    for outer in multicalls:
        inner = [
            t for t in traces()
            if t.transaction == outer.transaction and t.kind == "delegatecall"
            and t.place[:-1] == outer.place and t.to == outer.to
        ]  # fmt: skip
        # The record names the contract as the caller of a delegatecall; it is the outer one's.
        parts = [calls_in(t.to, t.data, t.value, outer.sender) for t in inner]
        assert read(outer).calls == tuple(call for part in parts for call in part.calls)
        assert read(outer).unknown == tuple(name for part in parts for name in part.unknown)
        several += len(inner) > 1
    assert (len(multicalls), several) == (6, 6)


def test_moves_of_tokens_word_by_word() -> None:
    actions = {"a9059cbb": "transfer", "095ea7b3": "approve"}
    count = 0
    for trace in traces():
        if trace.selector in actions and len(trace.data) == 68:
            words = blocks.Words(trace.data[4:])
            action = actions[trace.selector]
            move = TokenMove(trace.to, action, words.address(0), words.number(32))
            assert read(trace).calls == (move,)
            count += 1
    assert count == 809


def as_swapped(swap: Swap) -> blocks.Swapped:
    assert swap.limit is not None
    assert swap.deadline_s is not None
    return blocks.Swapped(
        swap.path, swap.fees_e6, swap.amount_in, swap.amount_out, swap.limit, swap.recipient,
        swap.deadline_s,
    )  # fmt: skip


def assert_within(swap: Swap, came_in: int, went_out: int) -> None:
    assert swap.limit is not None
    if swap.amount_in is not None:
        assert came_in == swap.amount_in
        assert went_out >= swap.limit
    else:
        assert went_out == swap.amount_out
        assert came_in <= swap.limit


def assert_traded(trace: blocks.Trace, path: tuple[str, ...]) -> None:
    """Each token of the path moved within the call."""
    inside = [
        t.to for t in traces()
        if t.transaction == trace.transaction and t.place[: len(trace.place)] == trace.place
        and t.selector in ("a9059cbb", "23b872dd")
    ]  # fmt: skip
    tokens = [token for token in path if token != blocks.COIN]
    assert set(tokens) <= set(inside)
