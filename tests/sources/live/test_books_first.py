"""A book that is wished for anew does not wait for what is joined and left later."""

from tests.sources.live.faulty import message, plan
from tests.sources.live.test_conversation import JOINS, Talk

AGAIN = [message("leave", "A"), message("join", "A")]


def test_books_come_before_joins_and_leaves() -> None:
    talk = Talk("AB", messages_per_s=1.0)
    assert talk.said(100.0) == JOINS[:1]
    talk.talk.say(AGAIN)
    assert talk.said(101.0) == JOINS[1:2]  # the first subscriptions are out
    talk.talk.change(plan("ws://there", "A", "C"), [JOINS[2]], [message("leave", "B")])
    said = [talk.said(102.0 + second) for second in range(5)]
    assert said == [AGAIN[:1], AGAIN[1:], [JOINS[2]], [message("leave", "B")], []]
