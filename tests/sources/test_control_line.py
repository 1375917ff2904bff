"""Control lines as they are read, and those that are none."""

from schemas.control import Reason, Rejected
from sources.control_line import Control, control_in
from tests.sources.talk import START, indexed, text


def test_the_word_and_the_instrument_are_read() -> None:
    said = '!{"k":"wish","instrument":"v:A","more":1}'
    assert control_in("c", indexed(text(said)), START) == Control("wish", "v:A")
    assert control_in("c", indexed(text('!{"k":"clock"}')), START) == Control("clock")


def test_what_is_none_is_rejected_as_it_stands() -> None:
    lines = indexed(text("!{}"), 7)
    assert control_in("c", lines, START + 5) == Rejected(
        "c", 7, START + 5, START, Reason.bad_control,
        "Object missing required field `k`", "!{}",
    )  # fmt: skip
