"""Open questions: once each, in bounds, in order."""

from sources.evm.questions import MOST, Questions, message_of


def test_a_question_is_asked_once_until_it_is_answered() -> None:
    questions = Questions()
    assert questions.ask("a", b"{}") == "rpc {}"
    assert questions.ask("a", b"{}") is None
    assert questions.ask("b", b"[]") == "rpc []"
    assert list(questions.urls()) == ["rpc {}", "rpc []"]
    assert questions.answered("a") == "rpc {}"
    assert questions.answered("a") is None
    assert questions.ask("a", b"{}") == "rpc {}"


def test_there_is_an_end_to_what_is_asked() -> None:
    questions = Questions()
    for number in range(MOST + 5):
        questions.ask(f"tx:{number}", b"{}")
    assert (len(questions.open), questions.dropped) == (MOST, 5)
    questions.ask("read:x:0:0", b"{}")
    questions.answered("tx:0")
    assert questions.ask("read:x:0:0", b"{}") == "rpc {}"
    questions.forget("tx:")
    assert list(questions.open) == ["read:x:0:0"]


def test_what_a_wish_says_on_the_socket() -> None:
    assert message_of('rpc {"id":1}') == b'{"id":1}'
    assert message_of("https://host/path") is None
