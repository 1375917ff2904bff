"""The page's scripts by themselves, in a real browser: numbers as text, and both charts."""

import math
import re
from pathlib import Path

import pytest

import flows.page.server
from flows.page.server import Page
from schemas.units import CURVE_BP
from tests.flows.page.browser import Tab, card, look
from tests.flows.page.rows import BTC, NOW, S, items, moment, tick

STATIC = Path(flows.page.server.__file__).with_name("static")


def _expected_path(usd: list[float], first: int, way: int, low: int, high: int) -> list[float]:
    """Where the curve must run: log of distance outwards from the middle, log of USD upwards."""
    points: list[float] = []
    for k, amount in enumerate(usd, start=first):
        points.append(180 + way * (6 + math.log(CURVE_BP[k], 2000) * 170))
        points.append(112 - (math.log10(amount) - low) / (high - low) * 97)
    return points


def test_the_depth_curve_runs_where_the_numbers_say(tab: Tab, page: Page) -> None:
    page.show(items(*moment()))  # 1,000 · 2^k: bids to k = 39, asks to k = 19; sure to 10 bp
    look(tab, page)
    paths = tab.evaluate(
        f"[...document.querySelectorAll({card(BTC, '.depth .edge')!r})]"
        ".map(p => [p.getAttribute('class'), p.getAttribute('d')])"
    )
    sure = sum(bp <= 10.0 for bp in CURVE_BP)
    low, high = 3, 15  # 1,000 … 1,000 · 2^39 = 5.5e14
    for (name, way, count), (kinds, drawn) in zip(
        (("bid", -1, 40), ("bid", -1, 40), ("ask", 1, 20), ("ask", 1, 20)), paths, strict=True
    ):
        part = range(sure) if "partial" not in kinds else range(sure - 1, count)
        wanted = _expected_path([1_000.0 * 2.0**k for k in part], part[0], way, low, high)
        assert name in kinds
        assert [float(x) for x in re.findall(r"-?[\d.]+", drawn)] == pytest.approx(
            wanted, abs=0.011
        )


def test_the_line_of_prices_has_holes_where_there_was_no_book(tab: Tab, page: Page) -> None:
    prices = [(-300, 10.0), (-150, 12.0), (-149, None), (-30, 11.0), (0, 12.0)]
    for after_s, px in prices:
        page.show(items(tick(NOW + after_s * S, px)))
    look(tab, page)
    drawn = tab.evaluate(f"document.querySelector({card(BTC, '.spark path')!r}).getAttribute('d')")
    assert drawn == "M0 41L80 3M144 22L160 3"
    assert tab.text(card(BTC, ".change")) == "+20.00 % in 5 min"


FORMATS = [
    ("f.price(92000.05, 1)", "92,000.05"),
    ("f.price(92000.1, 1)", "92,000.1"),
    ("f.price(92000.1, 8)", "92,000.10"),
    ("f.price(92000.125, 8)", "92,000.125"),
    ("f.price(0.00001, 8)", "0.00001"),
    ("f.price(92000, 8)", "92,000.00"),
    ("f.price(0.000123456789)", "0.0001234568"),
    ("f.price(null, 1)", "–"),
    ("f.bp(0.010869)", "0.0109 bp"),
    ("f.bp(-12.345)", "−12.3 bp"),
    ("f.bp(1234.5)", "1,235 bp"),
    ("f.bp(3e-12)", "3.00e−12 bp"),
    ("f.bp(0)", "0 bp"),
    ("f.bp(undefined)", "–"),
    ("f.yearly(0.4567)", "45.7 % p.a."),
    ("f.yearly(null)", "–"),
    ("f.signedPercent(0.01234)", "+1.23 %"),
    ("f.signedPercent(-0.07)", "−7.00 %"),
    ("f.signedPercent(0)", "0.00 %"),
    ("f.probability(0.0000001)", "<1 %"),
    ("f.probability(0.9999)", ">99 %"),
    ("f.probability(0)", "0 %"),
    ("f.probability(1)", "100 %"),
    ("f.probability(0.345)", "35 %"),
    ("f.usd(999.6)", "1.00k"),
    ("f.usd(1234567)", "1.23M"),
    ("f.usd(98765432100)", "98.8B"),
    ("f.usd(12.3)", "12.3"),
    ("f.usd(1e8, 1)", "100M"),
    ("f.usd(0)", "0"),
    ("f.level(0.8)", "0.8"),
    ("f.level(10)", "10"),
    ("f.level(-0.000075)", "−0.000075"),
    ("f.level(2500000)", "2.50M"),
    ("f.level(4, {4: 'stress'})", "stress"),
    ("f.ms(-0.44)", "−0.4 ms"),
    ("f.ms(51.7)", "52 ms"),
    ("f.ms(12340)", "12.3 s"),
    ("f.rate(9.94)", "9.9 /s"),
    ("f.rate(12345.6)", "12,346 /s"),
    ("f.bytesRate(300000)", "300 kB/s"),
    ("f.bytesRate(1234567)", "1.23 MB/s"),
    ("f.count(1234)", "1,234"),
    ("f.span(0.44)", "0.4 s"),
    ("f.span(-3)", "0.0 s"),
    ("f.span(184)", "3 min 4 s"),
    ("f.span(7500)", "2 h 5 min"),
    ("f.span(90061)", "1 d 1 h"),
    ("f.time(1767614400e6, 1767614401e6)", "12:00:00"),
    ("f.time(1767614400e6, 1767700801e6)", "2026-01-05 12:00:00"),
    ("f.time(null, 0)", "–"),
]


def test_numbers_as_text(tab: Tab, page: Page) -> None:
    look(tab, page)
    calls = ", ".join(call for call, _ in FORMATS)
    found = tab.evaluate(f"import('/format.js').then(f => [{calls}])")
    assert [text.replace("\xa0", " ") for text in found] == [text for _, text in FORMATS]


def test_nothing_comes_from_elsewhere(tab: Tab, page: Page) -> None:
    page.show(items(*moment()))
    look(tab, page)
    here = f"http://127.0.0.1:{page.port}/"
    loaded = tab.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert {name.removeprefix(here) for name in loaded} >= {"app.js", "style.css", "format.js"}
    assert all(name.startswith(here) for name in loaded)
    for file in STATIC.iterdir():
        urls = re.findall(r"(?:https?:)?//[a-z0-9.]+\.[a-z]+[^\s\"']*", file.read_text("utf-8"))
        assert set(urls) <= {"http://www.w3.org/2000/svg"}, file
