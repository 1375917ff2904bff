"""OKX's options: quoted, not traded; short books, marks, open interest, and a summary."""

from datetime import UTC, datetime
from typing import Any, Final

from sources.simulator.venues.hub import Client, Venue, packed
from sources.simulator.venues.options import Options, levels
from sources.simulator.world.surface import Option, Quoted

OPTION_CONTRACT: Final = 0.01  # coins


class ShortBook:
    """The book of one option as it was last told."""

    def __init__(self, name: str, quoted: Quoted) -> None:
        self._arg = {"channel": "books", "instId": name}
        self._sides = _sides(quoted)
        self._sequence = 1

    def snapshot(self, now_ms: int) -> bytes:
        """All of it."""
        return self._frame("snapshot", self._sides, -1, now_ms)

    def update(self, quoted: Quoted, now_ms: int) -> bytes | None:
        """What a new quote changes of it; None: nothing."""
        old, self._sides = self._sides, _sides(quoted)
        changes = {
            side: dict.fromkeys(old[side].keys() - new.keys(), "0")
            | {px: size for px, size in new.items() if old[side].get(px) != size}
            for side, new in self._sides.items()
        }
        if not any(changes.values()):
            return None
        self._sequence += 1
        return self._frame("update", changes, self._sequence - 1, now_ms)

    def _frame(
        self, action: str, sides: dict[str, dict[str, str]], previous: int, now_ms: int
    ) -> bytes:
        row = {
            side: [[px, size, "0", "0" if size == "0" else "1"] for px, size in levels.items()]
            for side, levels in sides.items()
        } | {"ts": str(now_ms), "checksum": 0, "seqId": self._sequence, "prevSeqId": previous}
        return packed({"arg": self._arg, "action": action, "data": [row]})


def _sides(quoted: Quoted) -> dict[str, dict[str, str]]:
    """Sizes in contracts by price, as the venue writes them."""
    return {
        side: {
            f"{px:.4f}": f"{size / OPTION_CONTRACT:.0f}" for px, size in levels(quoted, bids=bids)
        }
        for side, bids in (("asks", False), ("bids", True))
    }


class OkxOptions:
    """All options of the venue."""

    def __init__(self, venue: Venue, options: Options) -> None:
        self.venue = venue
        self.options = options
        self.names = options.named(option_name)
        self._by_option = {option: name for name, option in self.names.items()}
        self.families = tuple(f"{asset}-USD" for asset in options.surfaces)
        channels = ("bbo-tbt", "mark-price", "open-interest")
        self._books: dict[str, ShortBook] = {}
        quiet = ("books", "trades")
        self.topics = {
            f"{channel}:{name}" for channel in (*channels, *quiet) for name in self.names
        }
        self.topics |= {f"opt-summary:{family}" for family in self.families}
        options.listeners.append(self._quoted)

    def greet(self, topic: str, client: Client) -> None:
        """What a new listener gets at once."""
        channel, _, name = topic.partition(":")
        if channel == "opt-summary":
            client.send(self._summary(name))
        elif channel == "books":
            client.send(self._book(name).snapshot(self.venue.now))
        elif channel != "trades":  # there are none
            quoted = self.options.quotes[self.names[name]]
            client.send(self._frame(channel, name, quoted))

    def summaries(self, at_ms: float) -> None:
        """`opt-summary` of each family."""
        del at_ms
        for family in self.families:
            topic = f"opt-summary:{family}"
            if self.venue.wanted(topic):
                self.venue.publish(topic, self._summary(family))

    def _quoted(self, at_ms: float, quoted: Quoted) -> None:
        del at_ms
        name = self._by_option[quoted.option]
        for channel in ("bbo-tbt", "mark-price", "open-interest"):
            topic = f"{channel}:{name}"
            if self.venue.wanted(topic):
                self.venue.publish(topic, self._frame(channel, name, quoted))
        if self.venue.wanted(f"books:{name}"):
            frame = self._book(name).update(quoted, self.venue.now)
            if frame is not None:
                self.venue.publish(f"books:{name}", frame)
        else:
            self._books.pop(name, None)

    def _book(self, name: str) -> "ShortBook":
        if name not in self._books:
            self._books[name] = ShortBook(name, self.options.quotes[self.names[name]])
        return self._books[name]

    def _frame(self, channel: str, name: str, quoted: Quoted) -> bytes:
        row: dict[str, Any] = {"instId": name, "instType": "OPTION"}
        if channel == "bbo-tbt":
            sides = (("asks", quoted.ask, quoted.ask_size), ("bids", quoted.bid, quoted.bid_size))
            row = {
                side: [[f"{px:.4f}", f"{size / OPTION_CONTRACT:.0f}", "0", "1"]] if px else []
                for side, px, size in sides
            } | {"seqId": self.venue.now}
        elif channel == "mark-price":
            row["markPx"] = f"{quoted.mark:.8f}"
        else:
            coins = quoted.open_interest
            row |= {"oi": f"{coins / OPTION_CONTRACT:.0f}", "oiCcy": f"{coins:.4f}",
                    "oiUsd": f"{coins * quoted.index:.2f}"}  # fmt: skip
        row["ts"] = str(self.venue.now)
        return packed({"arg": {"channel": channel, "instId": name}, "data": [row]})

    def _summary(self, family: str) -> bytes:
        quotes = self.options.of(family.partition("-")[0])
        rows = [self._row(family, quoted) for quoted in quotes]
        return packed({"arg": {"channel": "opt-summary", "instFamily": family}, "data": rows})

    def _row(self, family: str, quoted: Quoted) -> dict[str, str]:
        valued, forward = quoted.valued, quoted.forward
        return {
            "instId": self._by_option[quoted.option], "uly": family,
            "delta": f"{valued.delta - quoted.mark:.10f}", "gamma": f"{valued.gamma:.10f}",
            "theta": f"{valued.theta / forward:.10f}", "vega": f"{valued.vega / forward:.10f}",
            "deltaBS": f"{valued.delta:.10f}", "gammaBS": f"{valued.gamma:.12f}",
            "thetaBS": f"{valued.theta:.10f}", "vegaBS": f"{valued.vega:.10f}", "realVol": "",
            "bidVol": f"{quoted.bid_vol:.10f}", "askVol": f"{quoted.ask_vol:.10f}",
            "markVol": f"{quoted.vol:.10f}", "lever": f"{1.0 / max(quoted.mark, 1e-4):.4f}",
            "fwdPx": f"{forward:.6f}", "ts": str(self.venue.now),
        }  # fmt: skip


def option_name(option: Option) -> str:
    """Like BTC-USD-250328-92000-C."""
    day = datetime.fromtimestamp(option.expiry_ms / 1000.0, UTC)
    side = "C" if option.call else "P"
    return f"{option.asset}-USD-{day:%y%m%d}-{option.strike:.0f}-{side}"
