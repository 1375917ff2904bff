"""Every registered session is a Session: the protocol's words, used in a tiny conversation."""

import inspect
from typing import Any, get_type_hints

import numpy as np
import pytest

from schemas.chunk import Chunk
from schemas.control import Gap, Rejected, Seen, Wish
from sources.registry import VENUES, session_for
from sources.session import Session
from tests.sources.talk import NONE, START, as_is, indexed, text


def words() -> list[str]:
    return [name for name, value in vars(Session).items() if inspect.isfunction(value)
            and not name.startswith("_")]  # fmt: skip


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("word", words())
def test_a_session_has_every_word(venue: str, word: str) -> None:
    made: Any = session_for(venue, "c", as_is)
    promised = inspect.signature(getattr(Session, word))
    said = inspect.signature(getattr(type(made), word))
    assert list(said.parameters) == list(promised.parameters)
    assert get_type_hints(getattr(type(made), word)) == get_type_hints(getattr(Session, word))


@pytest.mark.parametrize("venue", VENUES)
def test_a_tiny_conversation(venue: str) -> None:
    made = session_for(venue, "c", as_is)
    assert (made.venue, dict(made.instruments()), made.with_trades()) == (venue, {}, [])
    lines = indexed(text('{"unheard":"of"}', "no json", "@http://host/x {}"))
    items = made.lines(lines, lines.received_ns, NONE)
    assert [(type(item), item.line) for item in items] == [(Rejected, 2)]
    assert made.lines(indexed(b""), np.zeros(0, np.int64), NONE) == []
    assert made.lose(START, 4, "reconnect") == []
    wished = made.wished("ANY", START, 5)
    assert [type(item) for item in wished] == [Wish]
    assert wished[0].instrument == f"{venue}:ANY"
    again = session_for(venue, "c", as_is)
    again.restore(made.snapshot())
    assert again.snapshot() == made.snapshot()
    assert {Chunk, Gap, Rejected, Seen, Wish} >= {type(item) for item in items}
