"""A connection's state belongs to that connection and that version."""

import pytest

from schemas.errors import BrokenInvariant
from sources.connection_state import packed, unpack
from tests.sources.connection_lines import at
from tests.sources.talk import connection, trade


def test_a_state_is_taken_up_whole() -> None:
    first = connection()
    first.open(0)
    first.take(at((0, trade(1)), (300, trade(2))))
    second = connection()
    unpack(second, packed(first))
    assert packed(second) == packed(first)
    assert (second.lines_done, second.bytes_done) == (2, first.bytes_done)


def test_another_connection_s_state_is_refused() -> None:
    version, _, *rest = packed(connection())
    for state in ((version, "other", *rest), (version + 1, connection().name, *rest)):
        with pytest.raises(BrokenInvariant, match="do not fit"):
            unpack(connection(), state)
