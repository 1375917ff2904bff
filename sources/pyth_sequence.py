"""Whether a feed's price is news: by its publish time, then by its slot.

Frames have no numbers, and none need follow another: a price is whole by itself. What counts is
that an older price never takes the place of a newer one. Publish times are whole seconds and
slots come several to a second, so prices of the same second are told apart by their slot; where
no slot is told, by their values.
"""

from math import isnan
from typing import Literal

from msgspec import Struct

from sources.pyth_price import UNKNOWN, Price

Verdict = Literal["new", "repeated", "old"]


class Last(Struct):
    """What was taken of a feed last."""

    publish_ns: int
    slot: int
    px: float
    conf: float
    ema_px: float


class PriceSequence:
    """The last price of each feed, by id. `missed` counts prices that others followed on."""

    def __init__(self) -> None:
        self.last: dict[str, Last] = {}
        self.missed = 0

    def judge(self, price: Price) -> Verdict:
        """Compare a price with the last one of its feed; a new one is remembered.

        A feed outside its trading hours repeats its publish time in every slot: these are new,
        and how old the price has grown by then is what they tell.
        """
        last = self.last.get(price.id)
        if last is not None:
            verdict = _compared(price, last)
            if verdict != "new":
                return verdict
            self.missed += price.prev_publish_ns > last.publish_ns
        self.last[price.id] = Last(price.publish_ns, price.slot, price.px, price.conf, price.ema_px)
        return "new"


def _compared(price: Price, last: Last) -> Verdict:
    if price.publish_ns != last.publish_ns:
        return "new" if price.publish_ns > last.publish_ns else "old"
    if UNKNOWN not in (price.slot, last.slot):
        if price.slot == last.slot:
            return "repeated"
        return "new" if price.slot > last.slot else "old"
    average = price.ema_px == last.ema_px or (isnan(price.ema_px) and isnan(last.ema_px))
    same = average and (price.px, price.conf) == (last.px, last.conf)
    return "repeated" if same else "new"
