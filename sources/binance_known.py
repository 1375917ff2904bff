"""What one Binance connection knows of its symbols: metadata, price scale, whether it was told.

Metadata comes from a listing in the stream (COIN-M only), else from what was known beforehand,
else from the symbol. A symbol without a price scale is handed back by the scanner, so that one
whose contract is not known has none.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from schemas.control import Reason, Seen, Wish
from schemas.instrument import Instrument, instrument_name
from sources.binance_contracts import UNKNOWN_SIZE, Contracts
from sources.binance_family import Market
from sources.binance_listing import inferred, read_listing
from sources.symbols import Symbols
from sources.wire_numbers import Refused, scale_of

_SHOWN: Final = 40


class Known:
    """The symbols of a connection. `refine` lays settings over what was inferred or listed."""

    def __init__(
        self, market: Market, connection: str, refine: Callable[[Instrument], Instrument]
    ) -> None:
        self.market = market
        self.connection = connection
        self.refine = refine
        self.symbols = Symbols()
        self.contracts = Contracts() if market.in_contracts else None
        self._listed: dict[str, Instrument] = {}  # beforehand
        self._learnt: dict[str, Instrument] = {}  # from a listing in the stream
        self._told: set[str] = set()  # symbols whose Seen has been given
        self._asked = False  # for that listing

    def name(self, symbol: int) -> str:
        """The instrument's name, by index."""
        return instrument_name(self.market.venue, self.symbols.names[symbol])

    def instruments(self) -> Mapping[str, Instrument]:
        """Everything seen or listed so far, by name."""
        return {i.name: i for i in map(self.instrument, self.symbols.names)}

    def instrument(self, symbol: str) -> Instrument:
        """A symbol that was met, with the scale of its ticks."""
        decimals = int(self.symbols.decimals[self.symbols.index[symbol]])
        return replace(self._metadata(symbol), price_decimals=None if decimals < 0 else decimals)

    def list_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Metadata known beforehand; the caller tells the flow about these."""
        for instrument in instruments:
            self._listed[instrument.symbol] = instrument
            self._learnt.pop(instrument.symbol, None)  # it was of an earlier listing
            self._told.add(instrument.symbol)
            self._value(self.symbols.add(instrument.symbol, self._scale(instrument)), instrument)

    def learn(self, body: bytes) -> None:
        """Take over a listing in the stream, where contracts are not known yet. Raises Refused."""
        for listed in read_listing(self.market, body).instruments:
            before = self._listed.get(listed.symbol)
            if before is None:
                self._learnt[listed.symbol] = self.refine(listed)
            elif before.contract_size <= UNKNOWN_SIZE:
                decimals = before.price_decimals
                scaled = listed if decimals is None else replace(listed, price_decimals=decimals)
                self._learnt[listed.symbol] = self.refine(scaled)

    def meet(
        self, symbol: str, price: str | None, place: tuple[int, int], items: list[Any]
    ) -> tuple[int, int]:
        """(index, price decimals) of a frame's symbol; items gets a Seen when there is news.

        place = (received_ns, line). A price teaches the scale when nothing else does. Raises
        Refused.
        """
        if not symbol:
            raise Refused(Reason.missing_field, "a symbol is missing")
        index = self.symbols.index.get(symbol)
        decimals = None
        if index is None or self.symbols.decimals[index] < 0:
            metadata = self._metadata(symbol)
            decimals = self._scale(metadata)
            if decimals is None and price is not None:
                decimals = scale_of(price)  # before anything is learnt: it may refuse
        fresh = index is None or decimals is not None
        index = self.symbols.add(symbol, decimals)
        if fresh or symbol not in self._told:
            instrument = self.instrument(symbol)
            self._value(index, instrument)
            self._told.add(symbol)
            items.append(Seen(instrument, self.connection, *place, symbol in self._listed))
        return index, max(0, int(self.symbols.decimals[index]))

    def need_contract(self, symbol: str, items: list[Any]) -> None:
        """Refuse sizes in contracts that nobody has told the worth of; wish for the listing."""
        if self.contracts is None or not symbol:
            return
        if self._metadata(symbol).contract_size > UNKNOWN_SIZE:
            return
        if not self._asked:
            self._asked = True
            name = instrument_name(self.market.venue, symbol)
            items.append(Wish(name, self.market.listing_url, Reason.no_metadata))
        message = f"how much a contract of {symbol[:_SHOWN]} is, is not known"
        raise Refused(Reason.no_metadata, message)

    def lost(self) -> None:
        """The stream was interrupted: a listing is asked for anew, marks are of no use."""
        self._asked = False
        if self.contracts is not None:
            self.contracts.forget_marks()

    def _metadata(self, symbol: str) -> Instrument:
        known = self._learnt.get(symbol) or self._listed.get(symbol)
        return known or self.refine(inferred(self.market, symbol, None))

    def _scale(self, instrument: Instrument) -> int | None:
        unknown = self.contracts is not None and instrument.contract_size <= UNKNOWN_SIZE
        return None if unknown else instrument.price_decimals

    def _value(self, index: int, instrument: Instrument) -> None:
        if self.contracts is not None:
            self.contracts.know(index, instrument.contract_size)

    # -- recovery ----------------------------------------------------------------------------

    def snapshot(self) -> tuple[Any, ...]:
        """State that a restart needs, as plain values."""
        decimals = self.symbols.decimals.tolist()
        symbols = list(zip(self.symbols.names, decimals, strict=True))
        if self.contracts is None:
            return symbols, sorted(self._told)
        own = self.contracts.marks.tolist(), list(self._learnt.values()), self._asked
        return symbols, sorted(self._told), own

    def restore(
        self, symbols: Sequence[tuple[str, int]], told: Sequence[str], own: Any = None
    ) -> None:
        """Inverse of `snapshot`; listed instruments are given anew before.

        What is listed for the first time is met, and told, when it comes.
        """
        self.symbols, self._told = Symbols(), set(told)
        marks: list[float] = []
        if own is not None:
            marks, learnt, self._asked = own
            found = msgspec.convert(learnt, list[Instrument])
            self._learnt = {instrument.symbol: instrument for instrument in found}
        for name, decimals in symbols:
            metadata = self._metadata(name)
            scale = None if decimals < 0 else decimals
            unknown = self._scale(replace(metadata, price_decimals=scale)) is None
            self._value(self.symbols.add(name, None if unknown else scale), metadata)
        if self.contracts is not None:
            self.contracts.marks[: len(marks)] = marks
