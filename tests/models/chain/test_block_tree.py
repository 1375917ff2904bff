"""The tree of blocks: which is tip, what is held, what is let go."""

from models.chain.block_tree import ITEMS_A_BLOCK, Block, BlockTree, Item, add_item
from schemas.chain import Head
from tests.reference.chain_tree import head


def tree(*heads: Head, capacity: int = 100) -> BlockTree:
    made = BlockTree(capacity)
    for one in heads:
        assert made.add_head(one)
    return made


def names(tree: BlockTree) -> list[str]:
    return [block.hash for block in tree.best()]


A, B, C = head(1, "a", "0"), head(2, "b", "a"), head(3, "c", "b")
B2, C2, D2 = head(2, "b2", "a"), head(3, "c2", "b2"), head(4, "d2", "c2")


def test_the_highest_then_the_last_heard() -> None:
    assert names(tree()) == []
    assert names(tree(A, B, C)) == ["a", "b", "c"]
    assert names(tree(A, B, C, B2, B)) == ["a", "b", "c"]
    assert names(tree(A, B, C, B2, C2)) == ["a", "b2", "c2"]
    assert names(tree(A, B, C, B2, C2, C)) == ["a", "b", "c"]


def test_what_is_disowned_and_what_owns_it_again() -> None:
    made = tree(A, B, C, B2)
    made.blocks["b"].disowned = True
    assert names(made) == ["a", "b2"]
    made.blocks["b2"].disowned = True
    assert names(made) == ["a"]
    made.add_head(C)
    assert names(made) == ["a", "b", "c"]


def test_what_is_held_until_it_links() -> None:
    made = tree(A, D2)
    tip, held = made.best()[-1], made.held(made.best()[-1])
    assert held is not None
    assert (names(made), held.hash, made.bottom(held).hash) == (["a"], "d2", "d2")
    made.add_head(C2)
    assert made.bottom(held).hash == "c2"
    made.add_head(B2)
    assert (names(made), made.held(tip)) == (["a", "b2", "c2", "d2"], None)


def test_what_contradicts_is_refused() -> None:
    made = tree(A, B)
    assert not made.add_head(head(5, "x", "b"))
    assert not made.add_head(head(0, "y", "z"))
    assert made.block(0, "y") is None
    late = tree(A, head(9, "child", "b"), B)  # the child was heard first: it never links
    assert names(late) == ["a", "b"]


def test_the_root_moves_and_the_oldest_go() -> None:
    made = tree(A, B, B2, C)
    made.settle(2, "b")
    assert (names(made), sorted(made.blocks)) == (["c"], ["c"])
    made = tree(A, B, C, B2, C2, capacity=4)
    made.evict(("a", "b", "c"))
    assert sorted(made.blocks) == ["a", "b", "c", "c2"]
    made.evict(())
    assert len(made.blocks) == 4


def test_items_stand_by_key_and_come_once() -> None:
    block = Block(1, "a", items=[])
    items = [Item((0, n, "", ""), "0x", n) for n in (5, 1, 3)]
    assert [add_item(block, item) for item in items] == [0, 0, 1]
    assert add_item(block, Item((0, 3, "", ""), "0x", "other")) is None
    assert [item.event for item in block.items] == [1, 3, 5]
    block.items *= ITEMS_A_BLOCK
    assert add_item(block, Item((0, 9, "", ""), "0x", 9)) is None
