"""Deribit's fills, and the forced orders among them.

Side     `direction` is the taker's; block trades and legs of combos are no flow (taker 0)
Forced   `liquidation` T: the taker, M: the maker, MT: both, which is two forced orders; a forced
         order that sold closed a long. All of them are published (thinned 0). The flag was not
         seen in a capture of 2026, so `liquidation_flag` counts the fills that have it; the
         maker's side is assumed (deribit_assumed)
Combos   a combo prints on its legs too: rows with `legs` or a combo's name are left out
Id       `trade_seq`, which counts within the instrument; one that came before is left out, since
         the channels of an instrument and of its currency may both be subscribed
"""

from typing import Any, Final

from msgspec import Raw

from schemas.control import Reason
from sources import wire_numbers as numbers
from sources.assumed import decided
from sources.deribit_instruments import base_size, is_combo, meet
from sources.deribit_wire import FILLS, Fill, decode, text
from sources.in_band import InBand
from sources.wire_numbers import Refused

MOST_RECENT: Final = 4096  # fills of the connection that are remembered

_SIDES: Final = {"buy": 1, "sell": -1}
_TAKER: Final = "T"
_FORCED: Final = {"T": "T", "M": "M", "MT": "TM"}  # who was forced


class Fills:
    """Reads `trades` channels; remembers which fills have been read."""

    def __init__(self, *, forced_maker_opposes: bool) -> None:
        self.maker = -1 if forced_maker_opposes else 1  # its side, by the taker's direction
        self.recent: dict[tuple[str, int], None] = {}  # oldest first

    def read(self, data: Raw, session: InBand) -> None:
        """Read the rows of one frame. Raises Refused; then none of them counts."""
        read: dict[tuple[str, int], None] = {}
        counted: list[str] = []
        for fill in decode(FILLS, data):
            key = fill.instrument_name, numbers.identifier(fill.trade_seq)
            if fill.legs or is_combo(fill.instrument_name):
                counted.append("combo")
            elif key in self.recent or key in read:
                counted.append("trade_again")
            else:
                read[key] = None
                counted += self._add(fill, session)
        session.counts.update(counted)
        self.recent |= read
        while len(self.recent) > MOST_RECENT:
            del self.recent[next(iter(self.recent))]

    def _add(self, fill: Fill, session: InBand) -> list[str]:
        """Add a fill's rows. Returns what is to be counted."""
        side = _SIDES.get(fill.direction)
        if side is None:
            raise Refused(Reason.wrong_type, f"a direction of {fill.direction[:40]!r}")
        venue_ns = numbers.stamp_ns(fill.timestamp)
        px, amount = numbers.price(text(fill.price)), numbers.size(text(fill.amount))
        if amount == 0.0:
            raise Refused(Reason.bad_size, "a fill of nothing")
        instrument = meet(session, fill.instrument_name)
        size_base = base_size(instrument, amount, px)
        apart = fill.block_trade_id, fill.block_rfq_id, fill.combo_id, fill.combo_trade_id
        taker = side if all(mark is None for mark in apart) else 0
        traded = venue_ns, fill.trade_seq, px, size_base, taker
        session.batch.row(instrument.name, "trade", *traded)
        if fill.liquidation is None:
            return []
        roles = _FORCED.get(fill.liquidation)
        if roles is None:
            return [f"unknown:liquidation:{fill.liquidation[:40]}"]
        for role in roles:
            forced = side if role == _TAKER else side * self.maker
            row = venue_ns, px, size_base, -forced, 0  # who was forced to sell was long
            session.batch.row(instrument.name, "liquidation", *row)
        makers = len(roles.replace(_TAKER, ""))
        return ["liquidation_flag", *[decided("forced_maker_opposes")] * makers]

    def snapshot(self) -> list[tuple[str, int]]:
        """What has been read, oldest first."""
        return list(self.recent)

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        self.recent = dict.fromkeys((symbol, number) for symbol, number in state)
