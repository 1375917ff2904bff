"""The rival's state of one symbol: frames as structs in, rows at a grid time out."""

from msgspec import Struct

from schemas.instrument import Instrument
from schemas.market import DepthCurve, Tick
from schemas.quality import Quality
from schemas.units import COST_USD, CURVE_BP, DEPTH_BANDS_BP, NS_PER_S, OFI_LEVELS
from tests.bench.straightforward_book import Levels, Reach, Side, add_flow

STALE_NS = 10 * NS_PER_S


class Depth(Struct, gc=False):
    """depthUpdate."""

    E: int
    s: str
    U: int
    u: int
    b: Levels
    a: Levels
    pu: int | None = None


class Ticker(Struct, gc=False):
    """bookTicker."""

    s: str
    b: float
    B: float
    a: float
    A: float
    E: int = 0


class Fill(Struct, gc=False):
    """trade."""

    E: int
    s: str
    p: float
    q: float
    m: bool
    X: str = "MARKET"


class Mark(Struct, gc=False):
    """markPriceUpdate."""

    E: int
    s: str
    p: float
    i: str = ""
    r: str = ""


class Snapshot(Struct, gc=False):
    """A REST depth answer."""

    lastUpdateId: int
    bids: Levels
    asks: Levels


class Market:
    """State of one symbol; `tick` gives its rows at a grid time."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument, self.spot = instrument, instrument.venue == "binance-spot"
        self.bids, self.asks = Side(1), Side(-1)
        self.known = self.lost = self.gap = False
        self.last_id = 0
        self.pending: Snapshot | None = None
        self.waiting: list[Depth] = []
        self.edges = (0.0, 0.0)
        self.top: tuple[Levels, Levels] = ([], [])
        self.book_ns = self.top_ns = self.trade_ns = self.mark_ns = 0
        self.latency: float | None = None
        self.ticker: Ticker | None = None
        self.last_trade: float | None = None
        self.mark: float | None = None
        self.index: float | None = None
        self.rate: float | None = None
        self._restart()

    def _restart(self) -> None:
        self.gap = False
        self.ofi = [0.0] * OFI_LEVELS
        self.buy = self.sell = 0.0
        self.buys = self.sells = 0

    def __deepcopy__(self, memo: object) -> "Market":
        # Bytewax copies states at every epoch, also without recovery; nobody wants this copy.
        return self

    def lose(self, first: list[Depth] | None = None) -> None:
        """The book is lost; `first` frames wait for the next snapshot."""
        self.known, self.pending, self.waiting = False, None, first or []
        self.lost = self.gap = True

    def on_event(self, received: int, event: object) -> None:
        """One decoded frame."""
        kind = type(event)
        if kind is Ticker:
            self.ticker, self.top_ns = event, received
        elif kind is Fill:
            self.trade_ns = received
            if event.X == "MARKET":
                self.last_trade = event.p
                if event.m:
                    self.sell += event.p * event.q
                    self.sells += 1
                else:
                    self.buy += event.p * event.q
                    self.buys += 1
        elif kind is Depth:
            self._on_depth(received, event)
            return
        elif kind is Mark:
            self.mark, self.mark_ns = event.p, received
            self.index = float(event.i) if event.i else self.index
            self.rate = float(event.r) if event.r else self.rate
        else:
            if not self.known:
                self.pending = event
                self._match(received)
            return
        if event.E:
            self.latency = (received - event.E * 1_000_000) / 1e6

    def _on_depth(self, received: int, frame: Depth) -> None:
        if not self.known:
            self.waiting.append(frame)
            if self.pending is not None:
                self._match(received)
        elif self._apply(received, [frame]):
            before, self.top = self.top, (self.bids.top(), self.asks.top())
            add_flow(self.ofi, before, self.top)

    def _apply(self, received: int, frames: list[Depth]) -> bool:
        """Apply frames in order; False when nothing was, or the chain broke."""
        done = False
        for place, frame in enumerate(frames):
            if frame.u <= self.last_id:
                continue
            last = self.last_id
            follows = frame.U - 1 if self.spot else frame.pu
            if last and follows != last:
                self.lose(frames[place:])
                return False
            self.bids.put(frame.b)
            self.asks.put(frame.a)
            self.last_id, self.book_ns, done = frame.u, received, True
            self.latency = (received - frame.E * 1_000_000) / 1e6
        return done

    def _match(self, received: int) -> None:
        snapshot = self.pending
        wanted = snapshot.lastUpdateId + self.spot
        self.waiting = [frame for frame in self.waiting if frame.u >= wanted]
        if not self.waiting:
            return
        self.pending = None
        missing = self.waiting[0].U - wanted
        if missing > 0:
            return
        self.bids, self.asks = Side(1), Side(-1)
        self.bids.put(snapshot.bids)
        self.asks.put(snapshot.asks)
        self.edges = (self.bids.keys[0], -self.asks.keys[0])
        frames, self.waiting = self.waiting, []
        self.known, self.lost, self.last_id = True, False, 0
        self._apply(received, frames)
        self.top = (self.bids.top(), self.asks.top())

    def tick(self, at: int) -> list[Tick | DepthCurve]:
        """Rows of a grid time; starts the next interval."""
        if not (self.book_ns or self.top_ns or self.trade_ns or self.mark_ns):
            return []
        flags, curve, ticker = [], None, self.ticker
        book: list[float | int | None] = [None] * 27
        quality = Quality.gap if self.lost else Quality.warming
        if self.known:
            stale = at - self.book_ns > STALE_NS
            quality = Quality.stale if stale else Quality.ok
            bids, asks = self.top
            book[:2] = bids[0] if bids else (None, None)
            book[2:4] = asks[0] if asks else (None, None)
            book[4] = self.last_id
            if bids and asks and bids[0][0] >= asks[0][0]:
                quality = Quality.degraded
                flags.append("crossed")
            elif bids and asks:
                curve = self._measure(at, book, flags)
        elif not self.lost:
            flags.append("unsynchronised")
        if self.gap:
            flags.append("gap")
        name = self.instrument
        tick = Tick(
            at,
            name.venue,
            name.name,
            name.asset,
            *book[:5],
            *((ticker.b, ticker.B, ticker.a, ticker.A) if ticker else (None,) * 4),
            *book[5:],
            self.ofi[0] if self.known else None,
            tuple(self.ofi) if self.known else (),
            self.buy,
            self.sell,
            self.buys,
            self.sells,
            self.last_trade,
            self.mark,
            self.index,
            self.rate,
            None,
            None,
            self.mark / self.index - 1 if self.mark and self.index else None,
            None,
            None,
            *(
                (at - seen) / 1e6 if seen else None
                for seen in (self.book_ns, self.top_ns, self.trade_ns, self.mark_ns)
            ),
            self.latency,
            quality,
            tuple(sorted(flags)),
        )
        rows: list[Tick | DepthCurve] = [tick]
        if curve is not None:
            mid, bid_usd, ask_usd, visible, complete = curve
            marks = ["gap"] * self.gap + ["partial"] * (complete < 2000)
            head = (at, name.venue, name.name, name.asset, mid)
            rows.append(
                DepthCurve(*head, bid_usd, ask_usd, visible, complete, quality, tuple(marks))
            )
        self._restart()
        return rows

    def _measure(self, at: int, book: list, flags: list[str]) -> tuple | None:
        """Fill in what is measured from mid; the curve's columns at whole seconds."""
        (bid, bid_sz), (ask, ask_sz) = self.top[0][0], self.top[1][0]
        mid, share = (bid + ask) / 2, bid_sz / (bid_sz + ask_sz)
        book[5:9] = mid, share * ask + (1 - share) * bid, (ask - bid) / mid * 1e4, share
        whole = at % NS_PER_S == 0
        limit_bp = CURVE_BP[-1] if whole else DEPTH_BANDS_BP[-1]
        down = Reach(self.bids, mid, limit_bp, COST_USD[-1])
        up = Reach(self.asks, mid, limit_bp, COST_USD[-1])
        book[9:21] = [*down.depths(DEPTH_BANDS_BP), *up.depths(DEPTH_BANDS_BP)]
        costs = [side.cost_bp(usd) for side in (up, down) for usd in COST_USD]
        book[21:27] = [cost for cost, _ in costs]
        if any(further for _, further in costs):
            flags.append("extrapolated")
        complete = min(mid - self.edges[0], self.edges[1] - mid) / mid * 1e4
        if complete < DEPTH_BANDS_BP[-1]:
            flags.append("partial")
        if not whole:
            return None
        visible = min(down.furthest_bp, up.furthest_bp)
        return mid, tuple(down.depths(CURVE_BP)), tuple(up.depths(CURVE_BP)), visible, complete
