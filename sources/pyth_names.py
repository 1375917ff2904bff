"""Which feed id is called what: the listing's word, else that of the two kept with the program."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sources.pyth_listing import KEPT, Listed

_KEPT: Final = {feed: Listed(feed, symbol, "USD") for symbol, feed in KEPT.items()}


class Names:
    """Ids and symbols, one to one. A later listing takes the place of an earlier one."""

    def __init__(self) -> None:
        self.listed: dict[str, Listed] = {}  # by id
        self._ids: dict[str, str] = {}  # by symbol

    def take(self, listed: Iterable[Listed]) -> None:
        """Believe a listing."""
        for one in listed:
            self._forget(one)
            self.listed[one.id] = one
            self._ids[one.symbol] = one.id

    def feed(self, feed_id: str) -> Listed | None:
        """What an id stands for; None: nobody has said."""
        found = self.listed.get(feed_id) or _KEPT.get(feed_id)
        if found is None or self.id_of(found.symbol) != feed_id:
            return None
        return found

    def id_of(self, symbol: str) -> str | None:
        """The id of a symbol; None: nobody has said."""
        return self._ids.get(symbol) or KEPT.get(symbol)

    def snapshot(self) -> dict[str, list[str]]:
        """Symbol and quote by id, as plain values."""
        return {feed: [one.symbol, one.quote] for feed, one in self.listed.items()}

    def restore(self, state: Mapping[str, Sequence[str]]) -> None:
        """Inverse of `snapshot`."""
        self.listed, self._ids = {}, {}
        self.take(Listed(feed, *words) for feed, words in state.items())

    def _forget(self, one: Listed) -> None:
        """What a symbol and an id stood for before."""
        before = self.listed.pop(one.id, None)
        if before is not None:
            self._ids.pop(before.symbol, None)
        self.listed.pop(self._ids.pop(one.symbol, ""), None)
