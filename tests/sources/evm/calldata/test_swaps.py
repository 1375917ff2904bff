"""Packed paths, and the sides of a swap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.evm.abi import Malformed
from sources.evm.calldata.sent import Sent
from sources.evm.calldata.swaps import hops, swap, v3_swap
from tests.sources.evm.calldata.encoded import SENDER, TO, fees, packed, paths

SENT = Sent(TO, 0, SENDER, 12)


@settings(deadline=None, max_examples=50)
@given(paths, st.data())
def test_a_path_and_back(path: tuple[str, ...], drawn: st.DataObject) -> None:
    written = tuple(drawn.draw(fees) for _ in path[1:])
    assert hops(packed(path, written)) == (path, written)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=150))
def test_any_bytes_are_a_path_or_malformed(raw: bytes) -> None:
    if len(raw) in (43, 66, 89, 112, 135):
        tokens, written = hops(raw)
        assert packed(tokens, written) == raw
    else:
        with pytest.raises(Malformed):
            hops(raw)


def test_sides() -> None:
    path = ("0x" + 40 * "a", "0x" + 40 * "b", "0x" + 40 * "c")
    come = swap(SENT, "p", True, 5, 4, SENDER, path, (1, 2))
    go = swap(SENT, "p", False, 5, 6, SENDER, path)
    assert (come.amount_in, come.amount_out, come.limit, come.fees_e6) == (5, None, 4, (1, 2))
    assert (go.amount_in, go.amount_out, go.limit, go.fees_e6) == (None, 5, 6, ())
    assert come.deadline_s == go.deadline_s == 12
    back = v3_swap(SENT, False, 5, 6, SENDER, packed(path, (1, 2)))
    assert (back.path, back.fees_e6) == (path[::-1], (2, 1))
    with pytest.raises(Malformed):
        swap(SENT, "p", True, 5, 4, SENDER, path[:1])
