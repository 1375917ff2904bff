"""What a session has asked its node and has no answer to, by the id that the answer will have."""

from collections.abc import Iterator
from typing import Final

MOST: Final = 4096  # a node that answers nothing must not fill the memory
PREFIX: Final = "rpc "  # of a wish's URL: the rest is the message that is sent


class Questions:
    """Open questions, oldest first."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}  # id → the wish's URL
        self.dropped = 0  # that were given up because there were too many

    def ask(self, name: str, message: bytes) -> str | None:
        """The URL to wish for; None when this is asked already, or there are too many."""
        if name in self.open:
            return None
        if len(self.open) >= MOST:
            self.dropped += 1
            return None
        url = PREFIX + message.decode()
        self.open[name] = url
        return url

    def answered(self, name: str) -> str | None:
        """Forget a question; its URL, or None when it was not asked."""
        return self.open.pop(name, None)

    def forget(self, prefix: str) -> None:
        """Give up the questions whose names begin so."""
        self.open = {name: url for name, url in self.open.items() if not name.startswith(prefix)}

    def urls(self) -> Iterator[str]:
        """Everything that is open."""
        return iter(self.open.values())


def message_of(url: str) -> bytes | None:
    """What to send on the socket for a wish; None: it is none of these.

    >>> message_of('rpc {"id":"tx:0x1"}')
    b'{"id":"tx:0x1"}'
    """
    return url.removeprefix(PREFIX).encode() if url.startswith(PREFIX) else None
