"""Binance's REST answers: books, listings, prices, open interest, in the products' three forms."""

from typing import TYPE_CHECKING, Any, Final

from sources.simulator.venues.binance_market import BinanceMarket
from sources.simulator.venues.hub import BAD_REQUEST, NOT_FOUND, TOO_MANY, Answer, Request, packed

if TYPE_CHECKING:
    from sources.simulator.venues.binance import Binance

FUTURES_WEIGHTS: Final = {5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20}
SPOT_WEIGHTS: Final = ((100, 5), (500, 25), (1000, 50), (5000, 250))
HEADER: Final = "X-MBX-USED-WEIGHT-1M"
_DAY_COINS: Final = 400.0  # volume of a day over the depth within 1 %, before any trade


def answer(venue: "Binance", request: Request, wall_s: float) -> Answer:
    """Answer a request, or refuse it."""
    path = request.path.removeprefix(venue.form.rest)
    symbol = request.query.get("symbol", "")
    market = venue.markets.get(symbol)
    limit = request.query.get("limit", "100" if venue.form.product == 0 else "500")
    weight = _weight(venue, path, limit) if limit.isdigit() else 1
    used = venue.weights.use(request.client, weight, wall_s)
    headers = {HEADER: str(used)}
    if used > venue.weights.most:
        body = packed({"code": -1003, "msg": "Too many requests; current limit is "
                       f"{venue.weights.most} request weight per 1 MINUTE."})  # fmt: skip
        return Answer(body, TOO_MANY, headers | {"Retry-After": str(60 - int(wall_s % 60.0))})
    if path == request.path:
        return Answer(b"", NOT_FOUND, headers)
    if symbol and market is None:
        return Answer(packed({"code": -1121, "msg": "Invalid symbol."}), BAD_REQUEST, headers)
    if not weight:
        text = "Illegal characters found in parameter 'limit'."
        return Answer(packed({"code": -4021, "msg": text}), BAD_REQUEST, headers)
    found = _body(venue, path, market, int(limit) if limit.isdigit() else 500)
    if found is None:
        needs = packed({"code": -1102, "msg": "Mandatory parameter 'symbol' was not sent."})
        known = path in ("/depth", "/openInterest")
        return Answer(needs if known else b"", BAD_REQUEST if known else NOT_FOUND, headers)
    return Answer(packed(found), headers=headers)


def _weight(venue: "Binance", path: str, limit: str) -> int:
    if path != "/depth":
        return 1
    if venue.form.product:
        return FUTURES_WEIGHTS.get(int(limit), 0)
    return next((weight for most, weight in SPOT_WEIGHTS if int(limit) <= most), 250)


def _body(venue: "Binance", path: str, market: BinanceMarket | None, limit: int) -> Any:
    markets = [market] if market is not None else list(venue.markets.values())
    many = market is None
    match path:
        case "/ping":
            return {}
        case "/time":
            return {"serverTime": venue.now}
        case "/depth" if market is not None:
            return market.snapshot(min(limit, 5000), times=venue.form.product != 0)
        case "/exchangeInfo":
            return {"timezone": "UTC", "serverTime": venue.now,
                    "symbols": [_listed(one) for one in markets]}  # fmt: skip
        case "/ticker/24hr":
            rows = [_day(one) for one in markets]
            return rows if many else rows[0]
        case "/openInterest" if market is not None and venue.form.product:
            return {"openInterest": _open_interest(market), "symbol": market.symbol,
                    "time": venue.now}  # fmt: skip
        case "/premiumIndex" if venue.form.product:
            rows = [_premium(one) for one in markets]
            return rows if many else rows[0]
        case "/fundingInfo" if venue.form.product:
            return []
    return None


def _listed(one: BinanceMarket) -> dict[str, Any]:
    market = one.trading.market
    base, inverse = market.asset.name, market.inverse
    quote = one.pair.removeprefix(base)
    tick, lot = market.price_text(1), market.size_text(1)
    filters = [{"filterType": "PRICE_FILTER", "minPrice": tick, "tickSize": tick},
               {"filterType": "LOT_SIZE", "minQty": lot, "stepSize": lot}]  # fmt: skip
    row: dict[str, Any] = {"symbol": one.symbol, "baseAsset": base, "quoteAsset": quote}
    if market.kind == "spot":
        return row | {"status": "TRADING", "isSpotTradingAllowed": True, "filters": filters}
    state = {"contractStatus": "TRADING"} if inverse else {"status": "TRADING"}
    size = {"contractSize": int(market.contract)} if inverse else {}
    row |= {"pair": one.pair, "contractType": "PERPETUAL", "deliveryDate": 4133404800000}
    row |= {"marginAsset": base if inverse else quote, "underlyingType": "COIN"}
    return row | state | size | {"filters": filters}


def _day(one: BinanceMarket) -> dict[str, Any]:
    market = one.trading.market
    coins = market.share * market.asset.depth_1pct * _DAY_COINS
    price = market.price(one.last_price)
    return {
        "symbol": one.symbol,
        "lastPrice": market.price_text(one.last_price),
        "volume": f"{coins + one.volume:.3f}",
        "quoteVolume": f"{coins * price + one.quote_volume:.2f}",
        "closeTime": one.venue.now,
    }


def _open_interest(one: BinanceMarket) -> str:
    accounts = one.trading.accounts
    assert accounts is not None
    return one.trading.market.size_text(accounts.open_lots)


def _premium(one: BinanceMarket) -> dict[str, Any]:
    mark = one.mark(one.venue.world.now_ms)
    return {
        "symbol": one.symbol,
        "markPrice": mark["p"],
        "indexPrice": mark["i"],
        "estimatedSettlePrice": mark["P"],
        "lastFundingRate": mark["r"],
        "nextFundingTime": mark["T"],
        "time": mark["E"],
    }
