"""Ctrl-C and SIGTERM ask for an end once, the second one ends at once; before and after as it was.

The signals are those of this process, sent to itself.
"""

import signal
from threading import Event

import pytest

from flows.draining import draining

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", BOTH)
def test_the_first_signal_sets_the_flag_and_says_so(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    with draining() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"\n{number.name}: draining, the next run resumes\n")


@pytest.mark.parametrize("first", BOTH)
@pytest.mark.parametrize("second", BOTH)
def test_the_second_one_stops_at_once(
    first: signal.Signals, second: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Event] = []
    with pytest.raises(KeyboardInterrupt), draining() as stop:
        asked.append(stop)
        signal.raise_signal(first)
        signal.raise_signal(second)
    assert asked[0].is_set()
    assert capsys.readouterr().err == f"\n{first.name}: draining, the next run resumes\n"


def test_the_handlers_are_put_back_however_it_ends() -> None:
    before = [signal.getsignal(number) for number in BOTH]
    with draining():
        assert all(signal.getsignal(n) is not b for n, b in zip(BOTH, before, strict=True))
    assert [signal.getsignal(number) for number in BOTH] == before
    with pytest.raises(ZeroDivisionError), draining():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in BOTH] == before


def test_each_has_a_flag_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with draining() as outer:
        with draining() as inner:
            signal.raise_signal(signal.SIGTERM)
        assert (outer.is_set(), inner.is_set()) == (False, True)
        signal.raise_signal(signal.SIGINT)
        assert outer.is_set()
    assert capsys.readouterr().err.count("draining") == 2
