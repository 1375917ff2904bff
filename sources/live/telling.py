"""What people are told of one connection: an outage once and its end once; a refusal once."""

from collections.abc import Callable


class Telling:
    """Sentences about one connection. `tell` gets each with the connection's name in front."""

    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        self._name = name
        self._tell = tell
        self._troubled = False
        self._told: set[str] = set()

    def trouble(self, text: str) -> None:
        """Something failed; what fails before things go well again is not told."""
        if not self._troubled:
            self._troubled = True
            self._tell(f"{self._name}: {text}; trying again")

    def well(self) -> None:
        """Things go well: told if something had failed."""
        if self._troubled:
            self._troubled = False
            self._tell(f"{self._name}: market data again")

    def once(self, text: str) -> None:
        """A fact that does not change: the same text is told once."""
        if text not in self._told:
            self._told.add(text)
            self._tell(f"{self._name}: {text}")
