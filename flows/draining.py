"""Ctrl-C and SIGTERM: everything that was received is computed and stored, the next run resumes."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def draining() -> Iterator[Event]:
    """Ctrl-C and SIGTERM set the flag: everything drains, the next run resumes.

    A second one stops at once, as a crash would; the next run resumes all the same.
    """
    stop = Event()

    def ask(number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        print(f"\n{signal.Signals(number).name}: draining, the next run resumes", file=sys.stderr)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
