"""Which blocks are missing, and how far down they are asked for."""

from sources.evm.ancestry import DEPTH, Ancestry


def chain(*numbers: int) -> Ancestry:
    made = Ancestry()
    for number in numbers:
        made.take(number, f"h{number}", f"h{number - 1}")
    return made


def test_a_header_is_new_once() -> None:
    made = Ancestry()
    assert made.missing(5, "h4") is None  # nothing is known at all, so nothing before is wanted
    assert made.take(5, "h5", "h4")
    assert made.missing(5, "h4") is None
    assert not made.take(5, "h5", "h4")
    assert (made.newest, made.take(4, "x4", "h3"), made.newest) == (5, True, 5)


def test_a_parent_that_ought_to_be_known_is_missing() -> None:
    made = chain(100, 101)
    assert made.missing(101, "h100") is None
    assert made.missing(103, "h102") == "h102"
    assert made.missing(101, "x100") == "x100"  # a branch from before our first
    assert made.missing(100, "x99") is None  # and further down nobody asks


def test_the_search_ends_below_the_newest() -> None:
    made = chain(*range(100, 300))
    assert made.missing(300 - DEPTH, "x") is None
    assert made.missing(301 - DEPTH, "x") == "x"


def test_a_jump_is_out_of_reach() -> None:
    made = chain(100)
    assert not made.out_of_reach(100 + DEPTH)
    assert made.out_of_reach(101 + DEPTH)
    assert not Ancestry().out_of_reach(5)
    made.forget()
    assert (made.newest, made.parents) == (-1, {})


def test_old_blocks_are_forgotten_and_the_rest_survives_a_restart() -> None:
    made = chain(*range(1000))
    assert len(made.parents) == 256
    again = Ancestry()
    again.restore(made.snapshot())
    assert (again.parents, again.newest) == (made.parents, made.newest)
    again.restore(Ancestry().snapshot())
    assert (again.parents, again.newest) == ({}, -1)
