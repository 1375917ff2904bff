"""Conversations of COIN-M: two perpetuals, their listing, random frames of every kind."""

from random import Random
from typing import Any

from msgspec.structs import replace

from schemas.instrument import Instrument, infer
from sources.registry import session_for
from tests.sources.talk import as_is, wire

COINM = "binance-coinm"
BTC, ETH = "BTCUSD_PERP", "ETHUSD_PERP"
USD = {BTC: 100.0, ETH: 10.0}
DECIMALS = {BTC: 1, ETH: 2}
LISTING_URL = "https://dapi.binance.com/dapi/v1/exchangeInfo"
DEPTH_URL = "https://dapi.binance.com/dapi/v1/depth?symbol={}&limit=1000"


def contract(symbol: str, **more: Any) -> dict[str, Any]:
    """One symbol of the listing."""
    base = symbol[:3]
    tick = {"filterType": "PRICE_FILTER", "minPrice": "1", "tickSize": "0.1"}
    return {
        "symbol": symbol, "pair": f"{base}USD", "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000, "contractStatus": "TRADING",
        "contractSize": int(USD.get(symbol, 10)), "marginAsset": base, "quoteAsset": "USD",
        "baseAsset": base, "pricePrecision": DECIMALS.get(symbol, 1),
        "filters": [{"filterType": "LOT_SIZE", "stepSize": "1"}, tick],
    } | more  # fmt: skip


def listing(*symbols: str) -> str:
    """The line of a listing's answer."""
    body = {"timezone": "UTC", "symbols": [contract(symbol) for symbol in symbols]}
    return f"@{LISTING_URL} {wire(body)}"


def instrument(symbol: str, decimals: int | None = None, **changes: Any) -> Instrument:
    """A symbol as its listing has it."""
    made = infer(COINM, symbol, "perpetual", DECIMALS[symbol] if decimals is None else decimals)
    listed = {"inverse": True, "contract_size": USD[symbol], "funding_interval_h": 8.0,
              "source": "listing"}  # fmt: skip
    return replace(made, **(listed | changes))


def session(*symbols: str) -> Any:
    """A session that knows these contracts."""
    made = session_for(COINM, "c", as_is)
    made.list_instruments([instrument(symbol) for symbol in symbols])
    return made


class Market:
    """Says frames of one symbol whose book chain never breaks, by chance."""

    def __init__(self, symbol: str, chance: Random) -> None:
        self.symbol, self.chance = symbol, chance
        self.mid = 61_800.0 if symbol == BTC else 3_170.0
        self.last = 1000

    def price(self, spread: float) -> str:
        return f"{self.mid + self.chance.uniform(-spread, spread):.{DECIMALS[self.symbol]}f}"

    def levels(self, most: int = 6) -> list[list[str]]:
        sizes = ("0", "1", "7", "12345", "900000", "1e3")
        count = self.chance.randrange(most)
        return [[self.price(50.0), self.chance.choice(sizes)] for _ in range(count)]

    def depth(self) -> str:
        first, last = self.last + 1, self.last + 1 + self.chance.randrange(3)
        frame = {"e": "depthUpdate", "E": 5, "s": self.symbol, "ps": "P", "U": first, "u": last,
                 "pu": self.last, "b": self.levels(), "a": self.levels(), "st": 2}  # fmt: skip
        self.last = last
        return self.wrapped("depth@100ms", frame)

    def answer(self) -> str:
        body = {"lastUpdateId": self.last, "E": 4, "bids": self.levels(), "asks": self.levels()}
        return f"@{DEPTH_URL.format(self.symbol)} {wire(body)}"

    def other(self) -> str:
        kind = self.chance.choice(["top", "top", "trade", "trade", "mark", "forced", "oi"])
        head = {"E": 5, "s": self.symbol, "st": 2}
        contracts = str(self.chance.randrange(1, 10_000))
        if kind == "top":
            return self.wrapped("bookTicker", {
                "e": "bookTicker", "u": self.last, "b": self.price(1.0), "B": contracts,
                "a": self.price(1.0), "A": "17"} | head)  # fmt: skip
        if kind == "trade":
            px = self.chance.choice([self.price(1.0), "61800", "3.1705e3"])
            return self.wrapped("aggTrade", {
                "e": "aggTrade", "a": self.chance.randrange(10**6), "p": px, "q": contracts,
                "m": self.chance.random() < 0.5, "T": 4} | head)  # fmt: skip
        if kind == "mark":
            return self.wrapped("markPrice@1s", {
                "e": "markPriceUpdate", "p": self.price(2.0), "i": "61000.5", "P": "1", "T": 9,
                "r": "0.0001"} | head)  # fmt: skip
        if kind == "forced":
            order = {"s": self.symbol, "S": "SELL", "ap": self.price(9.0), "z": contracts, "T": 4}
            return wire({"e": "forceOrder", "E": 5, "o": order | {"ps": "P", "st": 2}})
        body = {"openInterest": contracts, "symbol": self.symbol, "pair": "P", "time": 4}
        return f"@https://dapi.binance.com/dapi/v1/openInterest?symbol={self.symbol} {wire(body)}"

    def wrapped(self, stream: str, frame: dict[str, Any]) -> str:
        if self.chance.random() < 0.3:
            return wire(frame)
        return wire({"stream": f"{self.symbol.lower()}@{stream}", "data": frame})


def conversation(seed: int, lines: int) -> list[str]:
    """Payloads of both symbols; after its first frame each gets the snapshot that fits."""
    chance = Random(seed)
    markets = [Market(BTC, chance), Market(ETH, chance)]
    said: list[str] = []
    for market in markets:
        said.append(market.depth())
        said.append(market.answer())
    while len(said) < lines:
        market = chance.choice(markets)
        said.append(market.depth() if chance.random() < 0.4 else market.other())
    return said
