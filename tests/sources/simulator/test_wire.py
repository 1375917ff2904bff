"""An independent reading of the whole wire contract, by the venue's documented rules."""

import json
from collections import Counter, defaultdict

START_NS = 1_767_614_400_000_000_000  # 2026-01-05T12:00:00Z
KEYS = {
    "depthUpdate": "e E T s ps U u pu b a st",
    "bookTicker": "e u s ps b B a A T E st",
    "trade": "e E T s t p q X m st",
    "markPriceUpdate": "e E s p ap P i r T st",
    "forceOrder": "e E o",
}
FORCED = "s S o f q p ap X l z T ps st"
STREAMS = {
    "depthUpdate": "depth@100ms",
    "bookTicker": "bookTicker",
    "trade": "trade",
    "markPriceUpdate": "markPrice@1s",
    "forceOrder": "forceOrder",
}


def test_shape_of_every_frame(lines):
    ticks = {"BTCUSDT": 10, "ETHUSDT": 1}  # in hundredths

    def price(symbol, text):
        whole, part = text.split(".")
        assert len(part) == 2
        assert int(whole + part) % ticks[symbol] == 0
        return int(whole + part)

    def size(text):
        whole, part = text.split(".")
        assert len(part) == 3
        assert int(whole + part) >= 0
        return int(whole + part)

    for ns, body in lines:
        if body[0] != "{":
            continue
        assert json.dumps(json.loads(body), separators=(",", ":")) == body  # compact
        frame = json.loads(body)
        data = frame["data"]
        kind = data["e"]
        assert list(data) == KEYS[kind].split()
        inner = data.get("o", data)
        symbol = inner["s"]
        assert frame["stream"] == f"{symbol.lower()}@{STREAMS[kind]}"
        assert inner["st"] == 1
        if kind == "depthUpdate":
            for side in (data["b"], data["a"]):
                levels = [(price(symbol, px), size(qty)) for px, qty in side]
                assert levels == sorted(set(levels))
            assert data["b"] or data["a"]
            assert data["pu"] < data["U"] <= data["u"]
            assert data["ps"] == symbol
        elif kind == "bookTicker":
            assert price(symbol, data["b"]) < price(symbol, data["a"])
            assert size(data["B"]) > 0
            assert size(data["A"]) > 0
        elif kind == "trade":
            assert price(symbol, data["p"]) > 0
            assert size(data["q"]) > 0
            assert data["X"] == "MARKET"
        elif kind == "markPriceUpdate":
            assert data["E"] % 1000 == 0
            assert data["T"] == START_NS // 1_000_000 + 4 * 3_600_000  # 16:00 UTC
            assert all(len(data[key].split(".")[1]) == 8 for key in ("p", "ap", "P", "i", "r"))
        else:
            assert list(inner) == [
                "s",
                "S",
                "o",
                "f",
                "q",
                "p",
                "ap",
                "X",
                "l",
                "z",
                "T",
                "ps",
                "st",
            ]
            assert 0 < size(inner["l"]) <= size(inner["z"]) <= size(inner["q"])
            status = "FILLED" if inner["z"] == inner["q"] else "PARTIALLY_FILLED"
            assert (inner["o"], inner["f"], inner["X"]) == ("LIMIT", "IOC", status)
            assert ns > inner["T"] * 1_000_000


class Book:
    """A follower of one symbol by the venue's documented rules, on dictionaries."""

    def __init__(self):
        self.bids, self.asks = {}, {}
        self.snapshot = self.last = None
        self.buffer, self.applied, self.too_old, self.waited = [], 0, 0, 0

    def answer(self, body):
        self.snapshot = body
        self.bids = {float(px): float(qty) for px, qty in body["bids"]}
        self.asks = {float(px): float(qty) for px, qty in body["asks"]}
        for frame in self.buffer:
            self.frame(frame)
        self.waited = self.applied

    def frame(self, data):
        if self.snapshot is None:
            self.buffer.append(data)
            return
        if self.last is None:
            if data["u"] < self.snapshot["lastUpdateId"]:
                self.too_old += 1
                return
            assert data["U"] <= self.snapshot["lastUpdateId"] <= data["u"]
        else:
            assert data["pu"] == self.last
        self.last = data["u"]
        self.applied += 1
        for side, changes in ((self.bids, data["b"]), (self.asks, data["a"])):
            for px, qty in changes:
                if float(qty) == 0.0:
                    side.pop(float(px), None)
                else:
                    side[float(px)] = float(qty)

    def top(self):
        bid, ask = max(self.bids), min(self.asks)
        return bid, self.bids[bid], ask, self.asks[ask]


def test_books_follow_and_agree_with_the_tickers(lines):
    books, tickers, checked = defaultdict(Book), defaultdict(list), Counter()
    for _, body in lines:
        if body[0] == "@":
            url, _, text = body[1:].partition(" ")
            symbol = url.partition("symbol=")[2].partition("&")[0]
            assert url == f"https://fapi.binance.com/fapi/v1/depth?symbol={symbol}&limit=1000"
            answer = json.loads(text)
            assert list(answer) == ["lastUpdateId", "E", "T", "bids", "asks"]
            bids = [float(px) for px, _ in answer["bids"]]
            asks = [float(px) for px, _ in answer["asks"]]
            assert bids == sorted(bids, reverse=True)
            assert asks == sorted(asks)
            assert bids[-1] < 0.9 * bids[0]
            assert asks[-1] > 1.1 * asks[0]
            books[symbol].answer(answer)
        if body[0] != "{":
            continue
        data = json.loads(body)["data"]
        if data["e"] == "bookTicker":
            now = tuple(float(data[key]) for key in ("b", "B", "a", "A"))
            seen = tickers[data["s"]]
            assert not seen or (seen[-1][0] < data["u"] and seen[-1][1] != now)
            seen.append((data["u"], now))
        elif data["e"] == "depthUpdate":
            book = books[data["s"]]
            book.frame(data)
            if book.last is None:
                continue
            bid, bid_size, ask, ask_size = book.top()
            assert bid < ask
            earlier = [now for update, now in tickers[data["s"]] if update <= data["u"]][-1:]
            tickers[data["s"]] = tickers[data["s"]][-50:]
            if earlier:
                assert earlier[0] == (bid, bid_size, ask, ask_size)
                checked[data["s"]] += 1
    assert set(books) == {"BTCUSDT", "ETHUSDT"}
    for symbol, book in books.items():
        assert book.waited == 2
        assert book.too_old >= 1
        assert book.applied > 1780
        assert checked[symbol] > 1750


def test_trades_are_at_prices_of_the_book(frames):
    best, order, last_id = {}, {}, {}
    for _, data in frames:
        if data["e"] == "bookTicker":
            best[data["s"]] = float(data["b"]), float(data["a"])
            order.pop(data["s"], None)  # what comes next is another order
        elif data["e"] == "trade":
            symbol, px, sold = data["s"], float(data["p"]), data["m"]
            assert data["t"] == last_id.get(symbol, data["t"] - 1) + 1
            last_id[symbol] = data["t"]
            if symbol not in best:
                continue
            if symbol in order:  # one order walks away from the best price
                assert order[symbol][0] == sold
                assert px <= order[symbol][1] if sold else px >= order[symbol][1]
            else:
                assert px == best[symbol][0 if sold else 1]
            order[symbol] = (sold, px)


def test_forced_orders_are_the_latest_of_a_second_and_are_trades_too(frames):
    traded, forced = defaultdict(list), defaultdict(list)
    for _, data in frames:
        if data["e"] == "trade":
            traded[data["s"], data["T"], "SELL" if data["m"] else "BUY"].append(data)
        elif data["e"] == "forceOrder":
            forced[data["o"]["s"]].append((data["E"], data["o"]))
    assert min(len(forced["BTCUSDT"]), len(forced["ETHUSDT"])) > 20
    for symbol, orders in forced.items():
        assert len({pushed // 1000 for pushed, _ in orders}) == len(orders)
        for pushed, order in orders:
            assert 0 < pushed - order["T"] < 1100
            fills = traded[symbol, order["T"], order["S"]]
            sizes = [round(1000 * float(fill["q"])) for fill in fills]
            assert sum(sizes) >= round(1000 * float(order["z"]))
            if sum(sizes) == round(1000 * float(order["z"])):  # no other order in that ms
                value = sum(
                    round(100 * float(fill["p"])) * size
                    for fill, size in zip(fills, sizes, strict=True)
                )
                assert order["ap"] == f"{(value / sum(sizes) + 1e-6) / 100:.2f}"
                assert order["l"] == fills[-1]["q"]
