"""The canonical chain: any order of arrival ends in the fold of the final chain."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chain.block_tree import Missing
from models.chain.canon import Canon, Change
from schemas.chain import BlockAt, Head, Log, Reading
from schemas.chain_event import Transfer, V2Sync
from tests.reference.chain_tree import Full, Said, Story, Trace, fresh, head, removal, tell


def log(block: Head, index: int, *, removed: bool = False, amount: int = 1) -> Log:
    at, event = block.at, Transfer("a", "b", amount)
    return Log(at.number, at.hash, "0xt", index, "0xaa", event, removed)


def made(depth: int = 64, gap: int = 256) -> tuple[Canon, Trace]:
    trace = Trace()
    return Canon([trace], depth, gap), trace


def feed(canon: Canon, said: Iterable[Said]) -> None:
    for item in said:
        canon.take(item)


def seen(trace: Trace) -> list[tuple[str, object]]:
    return [(row[1], getattr(row[4], "amount", row[4])) for row in trace.rows]


def backfill(canon: Canon, story: Story) -> None:
    """Answer what is missing until nothing is, as a node would that stands on the final chain."""
    by_number = {block.head.at.number: block for block in story.chain}
    for _ in range(len(story.blocks) + 1):
        wishes = canon.missing()
        assert bool(wishes) == canon.incomplete
        if not wishes:
            return
        for wish in wishes:
            block = by_number[wish.number] if wish.hash is None else story.blocks[wish.hash]
            feed(canon, block.said())
    pytest.fail("backfilling does not end")


def delivered(dice: random.Random, story: Story, how: str) -> list[Said]:
    """What arrives: repeats, late and shuffled items, and blocks that are left out."""
    first, rest = story.said[:1], story.said[1:]
    if how == "in order":
        return first + rest
    rest += dice.sample(story.said, len(story.said) // 3)
    if how == "near":
        at = {id(item): n + dice.uniform(0, 8) for n, item in enumerate(rest)}
        rest.sort(key=lambda item: at[id(item)])
    else:
        dice.shuffle(rest)
    dropped = {h for h in story.blocks if dice.random() < (0.25 if how == "holes" else 0.0)}
    dropped.discard(story.chain[0].head.at.hash)  # where the chain starts nothing is missed
    return first + [item for item in rest if _block(item) not in dropped]


def _block(item: Said) -> str:
    return item.at.hash if isinstance(item, Head) else item.block_hash


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    steps=st.integers(1, 14),
    how=st.sampled_from(("in order", "near", "shuffled", "holes")),
)
def test_any_order_ends_in_the_fold_of_the_final_chain(seed: int, steps: int, how: str) -> None:
    dice = random.Random(seed)
    story = tell(dice, steps)
    first, second = Trace(), Trace(skip="bb")
    canon = Canon([first, second])
    # the first head starts the chain; what came before it waits
    start: list[Said] = [story.chain[0].head, *delivered(dice, story, how)]
    together: list[Said] = []
    for item in start:
        if dice.random() < 0.05:
            state = canon.snapshot()
            first, second = Trace(), Trace(skip="bb")
            canon = Canon([first, second])
            canon.restore(state)
        if dice.random() < 0.2:
            together.append(item)
            continue
        canon.take_all([*together, item])
        together = []
    feed(canon, [*together, *story.chain[-1].said()])  # quiet: the tip is heard last
    backfill(canon, story)
    assert canon.head == story.chain[-1].head
    assert first.rows == fresh(story.chain)
    assert second.rows == fresh(story.chain, skip="bb")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_in_order_the_state_is_right_after_every_head(seed: int) -> None:
    story = tell(random.Random(seed), 25)
    canon, trace = made(depth=6)
    below: list[tuple[Any, ...]] = []
    for item in story.said:
        change = canon.take(item)
        assert change is None or change.lost is None
        if isinstance(item, Head) and canon.head == item:
            chain = [story.blocks[item.at.hash]]
            while chain[0].head.parent_hash in story.blocks:
                chain.insert(0, story.blocks[chain[0].head.parent_hash])
            known = [Full(b.head, b.logs, []) for b in chain]
            below = fresh(known)
            assert [row for row in trace.rows if not isinstance(row[4], V2Sync)] == below
    assert canon.head == story.chain[-1].head
    assert trace.rows == fresh(story.chain)
    assert below


def test_two_chains_do_not_touch_each_other() -> None:
    stories = [tell(random.Random(seed), 20) for seed in (1, 2)]
    chains = [made(), made()]
    for pair in zip(*(story.said for story in stories), strict=False):
        for (canon, _), item in zip(chains, pair, strict=True):
            canon.take(item)
    for (canon, trace), story, other in zip(chains, stories, reversed(stories), strict=True):
        feed(canon, story.said[min(len(story.said), len(other.said)) :])
        assert trace.rows == fresh(story.chain)


def test_a_reorg_tells_what_was_left_and_what_was_joined() -> None:
    a, b, c = head(1, "0xa", "0x0"), head(2, "0xb", "0xa"), head(3, "0xc", "0xb")
    b2, c2 = head(2, "0xb2", "0xa"), head(3, "0xc2", "0xb2")
    reading = Reading(2, "0xb", "0xaa", V2Sync(5, 6))
    canon, trace = made()
    assert canon.take(a) == Change(joined=(a.at,))
    assert canon.take(log(a, 0)) == Change(folded=1)
    assert canon.take(log(a, 0)) is None  # again
    feed(canon, (b, log(b, 3), reading, c, log(c, 1)))
    assert canon.take(log(b, 0, amount=7)) == Change(folded=4)  # before what was folded
    assert seen(trace) == [
        ("0xa", 1), ("0xb", 7), ("0xb", 1), ("0xb", V2Sync(5, 6)), ("0xc", 1),
    ]  # fmt: skip
    assert canon.take(b2) is None  # lower than the tip: kept, not followed
    assert canon.take(log(b2, 0, amount=9)) is None
    assert canon.take(c2) == Change(
        orphaned=(c.at, b.at), joined=(b2.at, c2.at), folded=1, unread=(reading,)
    )
    assert seen(trace) == [("0xa", 1), ("0xb2", 9)]
    assert canon.take(c) is not None  # the node goes back
    assert seen(trace)[-1] == ("0xc", 1)
    assert (canon.confirmations(1, "0xa"), canon.confirmations(3, "0xc")) == (3, 1)
    assert (canon.confirmations(3, "0xc2"), canon.confirmations(9, "0xc")) == (None, None)


def test_removed_logs_take_their_block_back_before_any_head() -> None:
    a, b, c = head(1, "0xa", "0x0"), head(2, "0xb", "0xa"), head(3, "0xc", "0xb")
    canon, trace = made()
    feed(canon, (a, log(a, 0), b, log(b, 0), c, log(c, 5)))
    assert canon.take(log(b, 0, removed=True)) == Change(orphaned=(c.at, b.at))
    assert canon.head == a
    assert seen(trace) == [("0xa", 1)]
    b2 = head(2, "0xb2", "0xa")  # lower than what was left, and followed
    assert canon.take(b2) == Change(joined=(b2.at,))
    canon.take(head(4, "0xd", "0xc"))  # the old branch again, owned by its new head
    assert seen(trace) == [("0xa", 1), ("0xb", 1), ("0xc", 1)]


def test_skipped_blocks_are_named_and_what_follows_is_held() -> None:
    heads = [head(n, f"0x{n}", f"0x{n - 1}") for n in range(1, 6)]
    canon, trace = made()
    feed(canon, (heads[0], log(heads[0], 0), heads[4], log(heads[4], 2)))
    assert canon.head == heads[0]
    assert canon.incomplete
    assert canon.missing() == [Missing(2, None), Missing(3, None), Missing(4, "0x4")]
    feed(canon, (log(heads[3], 0), heads[3]))
    assert canon.missing() == [Missing(2, None), Missing(3, "0x3")]
    assert seen(trace) == [("0x1", 1)]
    feed(canon, (heads[1], heads[2]))
    assert (canon.incomplete, canon.missing(), canon.head) == (False, [], heads[4])
    assert seen(trace) == [("0x1", 1), ("0x4", 1), ("0x5", 1)]


def test_a_reorg_below_the_window_loses_the_state_and_begins_anew() -> None:
    canon, trace = made(depth=4)
    old = [head(n, f"0x{n}", f"0x{n - 1}") for n in range(1, 11)]
    feed(canon, [item for h in old for item in (h, log(h, 0))])
    assert len(trace.rows) == 10
    assert canon.take(log(old[5], 9)) is None  # settled: 7 to 10 are the window
    assert canon.late == 1
    new = [head(n, f"0xn{n}", f"0xn{n - 1}" if n > 6 else "0x5") for n in range(6, 12)]
    for h in new[1:5]:
        feed(canon, (log(h, 0), h))
    assert seen(trace)[0] == ("0xn7", 1)
    assert canon.head == new[4]
    assert [row[0] for row in trace.rows] == [7, 8, 9, 10]
    canon, trace = made(depth=4)
    feed(canon, [item for h in old for item in (h, log(h, 0))])
    feed(canon, new[:4])
    changes = [canon.take(h) for h in new[4:]]
    assert changes[0] == Change(
        orphaned=tuple(h.at for h in reversed(old[6:])),
        joined=tuple(h.at for h in new[1:5]),
        lost="reorg",
    )
    assert changes[1] == Change(joined=(new[5].at,))
    assert trace.rows == []


def test_a_gap_too_wide_loses_the_state_once_a_second_block_confirms_it() -> None:
    canon, trace = made(gap=5)
    a = head(1, "0xa", "0x0")
    feed(canon, (a, log(a, 0)))
    far, next_ = head(50, "0x50", "0x49"), head(51, "0x51", "0x50")
    assert canon.take(far) is None
    assert canon.missing()[-1] == Missing(49, "0x49")
    assert len(canon.missing()) == 6
    change = canon.take(next_)
    assert change == Change(orphaned=(a.at,), joined=(far.at, next_.at), lost="gap")
    assert trace.rows == []
    assert not canon.incomplete


def test_together_is_the_same_as_one_by_one() -> None:
    a, b = head(1, "0xa", "0x0"), head(2, "0xb", "0xa")
    logs = [log(block, n) for block in (b, a) for n in (2, 0, 1)]
    canon, trace = made()
    assert canon.take_all((a, b)) == [Change(joined=(a.at,)), Change(joined=(b.at,))]
    assert canon.take_all(logs) == [Change(folded=6)]
    assert canon.take_all(logs) == []
    assert canon.take_all([log(a, 9), log(b, 2, removed=True)]) == [
        Change(orphaned=(b.at,), folded=1)
    ]
    other, same = made()
    feed(other, [a, b, *logs, log(a, 9), log(b, 2, removed=True)])
    assert same.rows == trace.rows
    assert [row[0] for row in trace.rows] == [1] * 4


class Learner(Trace):
    """Takes nothing until it has learnt to."""

    knows = False

    def apply(self, at: BlockAt, address: str, event: Any) -> Any:
        return super().apply(at, address, event) if self.knows else None


def test_folds_again_what_a_fold_did_not_know() -> None:
    learner, trace = Learner(), Trace()
    canon = Canon([trace, learner])
    blocks = [head(n, f"0x{n}", f"0x{n - 1}") for n in range(1, 4)]
    feed(canon, [item for block in blocks for item in (block, log(block, 0))])
    learner.knows = True
    assert canon.refold() == 3
    assert learner.rows == trace.rows
    assert len(trace.rows) == 3
    canon.take(head(3, "0xnew", "0x2"))
    assert learner.rows == trace.rows
    assert len(trace.rows) == 2


def test_awkward_input_changes_nothing() -> None:
    canon, trace = made()
    a, b = head(1, "0xa", "0x0"), head(2, "0xb", "0xa")
    assert canon.take(log(b, 0)) is None  # before any head: waits
    assert (canon.head, canon.missing(), canon.incomplete) == (None, [], False)
    feed(canon, (a, b))
    assert seen(trace) == [("0xb", 1)]
    state = trace.rows[:]
    wrong = head(9, "0xw", "0xb")  # its number is not its parent's and one
    for item in (wrong, head(0, "0xz", "0xy"), Log(7, "0xb", "0xt", 1, "0xaa", V2Sync(1, 1))):
        assert canon.take(item) is None
    assert canon.take(log(b, 0, amount=99)) is None  # the first word on a log counts
    assert (trace.rows, canon.late, canon.head) == (state, 3, b)


def test_hashes_that_are_empty_or_their_own_parents() -> None:
    canon, trace = made()
    feed(canon, (log(head(0, "", ""), 0), head(1, "0xa", ""), head(2, "0xb", "0xa")))
    assert (canon.head, trace.rows) == (head(2, "0xb", "0xa"), [])
    assert canon.take(head(3, "0xc", "0xc")) is None
    assert canon.missing() == [Missing(2, "0xc")]
    assert canon.head == head(2, "0xb", "0xa")


def test_memory_is_bounded() -> None:
    canon, trace = made(depth=8, gap=16)
    a = head(1, "0x1", "0x0")
    feed(canon, (a, log(a, 0)))
    for n in range(2, 600):
        canon.take(head(n, f"0x{n}", f"0x{n - 1}"))
        canon.take(head(n, f"0xs{n}", f"0x{n - 1}"))  # a sibling each, and a log without a head
        canon.take(head(n, f"0x{n}", f"0x{n - 1}"))
        canon.take(log(head(n + 10**6, f"0xl{n}", "0x"), 0))
    assert canon.head == head(599, "0x599", "0x598")
    assert canon.confirmations(592, "0x592") == 8
    assert canon.confirmations(591, "0x591") is None
    assert len(canon.snapshot()) < 20_000
    assert seen(trace) == [("0x1", 1)]


def test_a_removal_of_what_was_never_heard() -> None:
    canon, trace = made()
    a, b = head(1, "0xa", "0x0"), head(2, "0xb", "0xa")
    feed(canon, (a, removal(log(b, 0)), removal(log(a, 4))))
    assert canon.head is None
    feed(canon, (b,))  # a head owns itself and what it stands on
    assert seen(trace) == [("0xa", 1), ("0xb", 1)]
