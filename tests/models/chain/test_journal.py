"""The journal takes and takes back, item by item, in order."""

from models.chain.block_tree import Block, Item, add_item
from models.chain.journal import Journal
from tests.reference.chain_tree import Trace, head


def block(number: int, name: str, parent: str, *indices: int) -> Block:
    made = Block(number, name, head(number, name, parent), items=[])
    for index in indices:
        put(made, index)
    return made


def put(into: Block, index: int) -> int:
    at = add_item(into, Item((0, index, "", ""), f"0x{index}", index))
    assert at is not None
    return at


def rows(trace: Trace) -> list[tuple[str, object]]:
    return [(row[1], row[4]) for row in trace.rows]


def test_moves_and_folds_again() -> None:
    one, two = Trace(), Trace(skip="5")
    journal = Journal([one, two])
    a, b, c = block(1, "a", "0", 1), block(2, "b", "a", 0, 5), block(2, "c", "a", 9)
    assert journal.move([a, b]) == ([], [a, b])
    assert (journal.replay(), journal.replay()) == (3, 0)
    assert journal.move([a, b]) == ([], [])
    assert rows(one) == [("a", 1), ("b", 0), ("b", 5)]
    journal.rewind(a, put(a, 0))
    assert rows(one) == []
    journal.rewind(b, put(b, 3))  # while taken back
    assert journal.replay() == 5
    assert rows(one) == [("a", 0), ("a", 1), ("b", 0), ("b", 3), ("b", 5)]
    journal.rewind(c, put(c, 3))  # not stood on
    assert journal.replay() == 0
    journal.rewind(a, put(a, 2))
    assert journal.move([a, c]) == ([b], [c])  # while taken back
    assert journal.replay() == 3
    assert rows(two) == [("a", 0), ("a", 1), ("a", 2), ("c", 3), ("c", 9)]
    journal.forget(1)
    journal.rewind(a, put(a, 7))  # settled
    assert journal.replay() == 0
    assert journal.move([]) == ([c], [])
    journal.rewind(c, put(c, 4))
    assert journal.replay() == 0
    assert rows(one) == [("a", 0), ("a", 1), ("a", 2)]
