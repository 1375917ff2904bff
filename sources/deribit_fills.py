"""Deribit's fills, and the forced orders among them.

Side     `direction` is the taker's; block trades and legs of combos are no flow (taker 0)
Forced   `liquidation` T: the taker, M: the maker, MT: both, which is two forced orders; a forced
         order that sold closed a long. All of them are published (thinned 0). The flag was not
         seen in a capture of 2026, so `liquidation_flag` counts the fills that have it
Combos   a combo prints on its legs too: rows with `legs` or a combo's name are left out
Id       `trade_seq`, which counts within the instrument; one that came before is left out, since
         the channels of an instrument and of its currency may both be subscribed
"""

from typing import Any, Final

from msgspec import Raw

from schemas.control import Reason
from sources import wire_numbers as numbers
from sources.deribit_instruments import base_size, is_combo, meet
from sources.deribit_wire import FILLS, Fill, decode, text
from sources.in_band import InBand
from sources.wire_numbers import Refused

MOST_RECENT: Final = 4096  # fills of the connection that are remembered

_SIDES: Final = {"buy": 1, "sell": -1}
_FORCED: Final = {"T": (1,), "M": (-1,), "MT": (1, -1)}  # by the taker's direction


class Fills:
    """Reads `trades` channels; remembers which fills have been read."""

    def __init__(self) -> None:
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
                counted += _add(fill, session)
        session.counts.update(counted)
        self.recent |= read
        while len(self.recent) > MOST_RECENT:
            del self.recent[next(iter(self.recent))]

    def snapshot(self) -> list[tuple[str, int]]:
        """What has been read, oldest first."""
        return list(self.recent)

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        self.recent = dict.fromkeys((symbol, number) for symbol, number in state)


def _add(fill: Fill, session: InBand) -> list[str]:
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
    row = venue_ns, fill.trade_seq, px, size_base, taker
    session.batch.row(instrument.name, "trade", *row)
    if fill.liquidation is None:
        return []
    roles = _FORCED.get(fill.liquidation)
    if roles is None:
        return [f"unknown:liquidation:{fill.liquidation[:40]}"]
    for role in roles:
        position_side = -side * role
        session.batch.row(instrument.name, "liquidation", venue_ns, px, size_base, position_side, 0)
    return ["liquidation_flag"]
