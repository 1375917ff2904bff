"""Random frames of every kind, right and wrong ones, as they may stand on the wire."""

import json
from typing import Any

from hypothesis import strategies as st

SYMBOLS = st.sampled_from(["BTCUSDT"] * 6 + ["ETHUSDT", "币安人生USDT", "NEWUSDT", "", "Z" * 40])
PRICES = st.one_of(
    st.integers(1, 10**7).map(lambda k: f"{k / 100:.2f}"),
    st.integers(1, 10**7).map(lambda k: f"{k / 10:.1f}"),
    st.sampled_from([
        "0", "0.00", "-1.00", "1e2", "1E-2", "+5", " 5", "5 ", ".5", "5.", "", "NaN", "inf", "1_0",
        "100.123", "0.000000000000001", "9007199254740991", "9007199254740992", "90071992547409.91",
        "90071992547409.92", "1234567890123456789", "1e999", "1e999999", "1e-999999", "１",
        "0.12345678901234567890123456789012345678901", "007.50", "100.10\\u0030",
    ]),
)  # fmt: skip
SIZES = st.one_of(
    st.integers(0, 10**9).map(lambda k: f"{k / 1000:.3f}"),
    st.sampled_from(["0", "0.000", "-0", "-1", "1e3", "", "x", "9007199254740993", "1e18", "1e17",
                     "0.1", "0.30000000000000004", "5e-324"]),
)  # fmt: skip
IDS = st.one_of(
    st.integers(0, 10**6), st.sampled_from([2**62, 2**62 - 1, 10**18 - 1, 10**18, -1, 10**25])
)
TIMES = st.sampled_from(
    [
        1_700_000_000_000,
        0,
        1,
        9_223_372_036_853,
        9_223_372_036_854,
        10**13,
        -1,
        1_700_000_000_000_000,
    ]
)
LEVELS = st.lists(st.tuples(PRICES, SIZES), max_size=4)
USUAL_LEVELS = st.lists(
    st.tuples(st.integers(1, 10**6).map(lambda k: f"{k / 10:.1f}"), st.sampled_from(["0", "1.5"])),
    max_size=5,
)
ANY = st.one_of(st.integers(-5, 5), st.text("ab1", max_size=3), st.booleans(), st.none(),
                st.just([]), st.just({}), st.just(1.5))  # fmt: skip


def _event(name: str | None, **fields: Any) -> Any:
    made = {"s": SYMBOLS, "E": TIMES} | fields
    named = {} if name is None else {"e": st.just(name)}
    sometimes = {"T": TIMES, "st": st.integers(1, 2)}
    optional = {key: kind for key, kind in sometimes.items() if key not in made}
    return st.fixed_dictionaries(named | made, optional=optional)


BOOKS = _event("depthUpdate", U=IDS, u=IDS, pu=IDS, b=LEVELS, a=LEVELS)
USUAL_BOOKS = st.integers(0, 10**6).flatmap(
    lambda first: _event(
        "depthUpdate", U=st.just(first), u=st.just(first + 5), b=USUAL_LEVELS, a=USUAL_LEVELS
    )
)
TICKERS = st.sampled_from(["bookTicker", None]).flatmap(
    lambda name: _event(name, u=IDS, b=PRICES, B=SIZES, a=PRICES, A=SIZES)
)
FILLS = _event("trade", t=IDS, p=PRICES, q=SIZES, m=st.booleans(), b=IDS, a=IDS,
               X=st.sampled_from(["MARKET", "NA", "INSURANCE_FUND", "MARKET ", ""]))  # fmt: skip
AGGREGATES = _event("aggTrade", a=IDS, p=PRICES, q=SIZES, m=st.booleans(), f=IDS, nq=SIZES)
MARKS = _event(
    "markPriceUpdate", p=PRICES, i=PRICES, P=PRICES, T=TIMES,
    r=st.sampled_from(["0.0001", "-0.0001", "", "-0", "1e-4", "x", "-", "--1"]),
)  # fmt: skip
FORCED = st.fixed_dictionaries(
    {"e": st.just("forceOrder"), "E": TIMES, "o": st.fixed_dictionaries(
        {"s": SYMBOLS, "S": st.sampled_from(["BUY", "SELL", "?"]), "z": SIZES, "ap": PRICES},
        optional={"T": TIMES, "st": st.integers(1, 2), "ps": st.just("BTCUSDT")})},
    optional={"st": st.integers(1, 2), "ps": st.just("BTCUSDT")},
)  # fmt: skip
REST = st.one_of(
    st.fixed_dictionaries({"e": st.sampled_from(["serverShutdown", "24hrTicker", "kline"]),
                           "E": TIMES, "s": SYMBOLS, "o": ANY, "c": PRICES}),
    st.fixed_dictionaries({"result": st.none(), "id": IDS}),
    st.fixed_dictionaries({"code": IDS, "msg": st.text("abc", max_size=4)}),
)  # fmt: skip


@st.composite
def payloads(draw: Any) -> str:
    """One frame's text: keys shuffled, strange extra keys, wrapped or not, sometimes damaged."""
    event = draw(st.one_of(USUAL_BOOKS, BOOKS, TICKERS, FILLS, AGGREGATES, MARKS, FORCED, REST))
    if draw(st.integers(0, 4)) == 0:
        event = event | draw(st.dictionaries(
            st.sampled_from(["ps", "nq", "x", "ap", "pu", "M", "e", "T", "m", "b", "é", "key"]),
            ANY, max_size=2))  # fmt: skip
    keys = list(event)
    if draw(st.booleans()):
        keys = draw(st.permutations(keys))
    spaced = draw(st.integers(0, 7)) == 0
    separators = (", ", ": ") if spaced else (",", ":")
    ascii_only = draw(st.integers(0, 7)) == 0
    said = json.dumps({key: event[key] for key in keys}, separators=separators,
                      ensure_ascii=ascii_only)  # fmt: skip
    said = said.replace("\\\\u", "\\u")  # the sample price with an escape
    form = draw(st.integers(0, 9))
    if form <= 4:
        said = f'{{"stream":"btcusdt@x","data":{said}}}'
    elif form == 5:
        said = f'{{"data":{said},"stream":"x"}}'
    elif form == 6:
        said = f"[{said},{said}]"
    if draw(st.integers(0, 5)) == 0:
        said = draw(damaged(said))
    return said


@st.composite
def damaged(draw: Any, said: str) -> str:
    """The text cut off, or with a piece taken out or put in."""
    at = draw(st.integers(0, len(said)))
    how = draw(st.integers(0, 2))
    if how == 0:
        return said[:at] or "x"
    if how == 1:
        return said[:at] + said[at + draw(st.integers(1, 3)) :] or "x"
    extra = draw(st.sampled_from(list('"\\,:{}[]0123456789-. tfné\t\x01')))
    return said[:at] + extra + said[at:]
