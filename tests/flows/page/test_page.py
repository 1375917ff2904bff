"""The page in a real browser: what one reads, what one presses, and what happens in trouble."""

import re

import pytest
from msgspec.structs import replace

from flows.page.server import Page
from flows.page.state import Shown
from schemas.feed_health import ConnectionState
from schemas.market import DepthCurve
from schemas.quality import Quality
from schemas.run import InstrumentRow
from schemas.trigger import TriggerState
from schemas.volatility import Volatility
from tests.blank_row import blank_row
from tests.flows.page.browser import Tab, card, look
from tests.flows.page.conftest import At
from tests.flows.page.rows import BTC, ETH, NOW, S, health, items, moment, regime, tick, trigger


def test_everything_that_is_known_is_there_with_its_unit(tab: Tab, page: Page) -> None:
    page.show(items(*moment()))
    look(tab, page)
    assert tab.text("#run") == "run main"
    assert tab.text("#status") == "live"
    words = re.sub(r", 1 min 3\d s", "", tab.text(card(BTC)))
    assert re.sub(r"(?<=80 %) 10 .*(?= within 10 )", "", words) == (  # all but the depth's axes
        "BTC-USD ok partial venue · perpetual 92,000.05 USD – bid 92,000.0 · ask 92,000.1 "
        "Spread 0.0109 bp Vol 1 min 50.0 % p.a. Vol forecast 123 % p.a. "
        "stress since 11:58:30 calm <1 % normal 20 % stress 80 % "
        "within 10 bp: bids 1.23M, asks 988k USD within 100 bp: bids 22.0M, asks – USD"
    )
    assert tab.text("#market .regime") == "calm calm 100 % normal – stress 0 %"
    assert tab.text("#market .members") == "mean of 2 instruments"
    assert tab.text("#market .overview") == (
        "Instruments 1 stress, 1 unknown Books 1 gap, 1 ok "
        "Feeds 1 of 1 running, 1,000 /s, worst lag p99 52 ms"
    )
    assert tab.text("#triggers") == (
        "Triggers on 1 wide ticks.spread_bp enters at 10, leaves at 5 Stand <b>back</b>. "
        "venue:BTC-USD was 12.5 at 11:59:30, on since 11:59:30, advice valid until 12:01:00 ok"
    )
    cells = tab.evaluate(
        "[...document.querySelectorAll('#feeds tbody tr *')].map(c => c.innerText)"
    )
    assert [text.replace("\xa0", " ") for text in cells[:-1]] == [
        *("venue-0", "running", "ok", "1,000 /s", "300 kB/s", "3.3 ms", "52 ms", "−1.0 ms"),
        *("2", "1", "0", "0", "7"),
    ]
    assert tab.evaluate("document.title") == "(1) Seawall: calm"


def test_what_is_not_known_is_a_dash_and_never_0(tab: Tab, page: Page) -> None:
    about = blank_row(InstrumentRow, ts=NOW, instrument=ETH, venue="venue", symbol="ETH-USD")
    volatility = blank_row(Volatility, ts=NOW, instrument=ETH)
    curve = blank_row(
        DepthCurve, ts=NOW, instrument=ETH, bid_usd=(None,) * 48, ask_usd=(None,) * 48
    )
    page.show(items(tick(mid=None, name=ETH, quality=Quality.gap), volatility, curve, health()))
    page.show(items(replace(about, kind="spot"), regime(NOW, ETH)))
    look(tab, page)
    assert tab.text(card(ETH)) == (
        "ETH-USD gap venue · spot – – bid – · ask – Spread – Vol 1 min – Vol forecast – "
        "unknown calm – normal – stress – "
        "within 10 bp: bids –, asks – USD within 100 bp: bids –, asks – USD"
    )
    assert tab.evaluate(f"document.querySelectorAll({card(ETH, 'svg path')!r}).length") == 0
    assert tab.text("#market .regime") == "– calm – normal – stress –"
    feed = tab.evaluate("[...document.querySelectorAll('#feeds td')].map(c => c.innerText)")
    assert feed[2:7] == ["–"] * 5


def test_what_changes_is_seen_at_once(tab: Tab, page: Page) -> None:
    look(tab, page)
    assert tab.text("#instruments .nothing") == "Nothing yet: waiting for the first tick."
    assert tab.text("#status") == "waiting"
    assert tab.text("#triggers .nothing") == "No trigger is on."
    page.show(items(tick(NOW - S, 100.0), tick(NOW - S, 7.0, ETH)))
    tab.wait(f"document.querySelector({card(BTC)!r})")
    page.show(items(tick(NOW, 101.5), regime(NOW, "market"), trigger(), health()))
    tab.wait(f"document.querySelector({card(BTC, '.mid b')!r}).textContent === '101.5000'")
    assert tab.text(card(BTC, ".change")) == "+1.50 % in 1.0 s"
    assert tab.text(card(ETH, ".mid")) == "7.000000"
    assert tab.text("#triggers .count") == "1"
    page.show(items(trigger(NOW + S, TriggerState.leave)))
    tab.wait("document.querySelector('#triggers ol').hidden")
    assert tab.text("#triggers") == "Triggers on No trigger is on."


def test_stale_parts_are_marked_one_by_one_and_together(tab: Tab, page: Page, at: At) -> None:
    page.show(items(tick(NOW - S), tick(NOW - S, name=ETH), regime(NOW, "market"), health(NOW)))
    page.show(items(tick(NOW), tick(NOW, name=ETH)))
    look(tab, page)
    at.ns = NOW + 30 * S
    page.show(items(tick(NOW + 30 * S)))
    tab.wait("document.querySelector('#status').textContent === 'live, 1 of 2 stale'")
    assert tab.text("#alarm") == ""
    assert tab.text(card(ETH, ".chips")) == "30 s old ok"
    assert tab.text("#feeds td") == "silent"
    at.ns = NOW + 4_000 * S
    tab.wait("document.body.dataset.state === 'stale'")
    assert tab.text("#alarm") == (
        "The data are stale: the newest tick is of 12:00:30 UTC, 1 h 6 min ago."
    )
    assert tab.text("#market .label") == "unknown as of 12:00:00"
    assert tab.evaluate("document.title") == "Seawall: stale"
    page.show(items(tick(NOW + 4_000 * S), tick(NOW + 4_000 * S, name=ETH)))
    tab.wait("document.body.dataset.state === 'live'")


def test_trouble_is_told_in_its_words(tab: Tab, page: Page) -> None:
    look(tab, page)
    page.shown.say("store http://db:8123/ cannot answer: <gone>")
    tab.wait("document.body.dataset.state === 'trouble'")
    assert tab.text("#alarm") == "store http://db:8123/ cannot answer: <gone>"
    page.shown.say(None)
    tab.wait("document.body.dataset.state === 'waiting'")


def test_a_server_that_is_gone_is_told_and_its_return_found(tab: Tab, at: At) -> None:
    first = Page("127.0.0.1:0", every_s=0.05, now_ns=at)
    first.start()
    first.show(items(tick(NOW, 5.0), tick(NOW, 6.0, ETH)))
    look(tab, first)
    first.stop()
    tab.evaluate(
        "(now => { performance.now = () => now() + 4000 })(performance.now.bind(performance))"
    )
    tab.wait("document.body.dataset.state === 'gone'")
    assert tab.text("#alarm").startswith(
        "The server does not answer; trying again. What is shown is old. Last heard "
    )
    assert tab.text(card(BTC, ".mid")) == "5.000000"
    second = Page(f"127.0.0.1:{first.port}", Shown("next"), every_s=0.05, now_ns=at)
    second.show(items(tick(NOW, 8.0)))
    second.start()
    tab.wait("document.body.dataset.state === 'live'")
    assert tab.text("#run") == "run next"
    assert tab.text(card(BTC, ".mid")) == "8.000000"
    assert tab.evaluate("document.querySelectorAll('.card').length") == 1  # the other is forgotten
    assert tab.text("#market .books") == "1 ok"
    second.stop()


@pytest.mark.parametrize("width", [320, 390, 700, 1030, 1170, 1600])
def test_no_window_is_too_narrow(tab: Tab, page: Page, width: int) -> None:
    long = "venue-with-a-long-name:SOMETHING-LONG-260327-100000-C"
    rows = [
        replace(row, instrument=long) for row in moment() if getattr(row, "instrument", "") == BTC
    ]
    page.show(items(*moment(), *rows, trigger(scope=long, rule="a-rule-with-a-long-name-indeed")))
    troubled = {"state": ConnectionState.connecting, "quality": Quality.warming, "gaps": 100_000}
    page.show(items(health(source="venue-with-a-long-name-public-17", bytes=999_900, **troubled)))
    page.show(items(health(NOW + S, source="venue-with-a-long-name-public-17", **troubled)))
    look(tab, page, width=width)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate(
        "[...document.querySelectorAll('.card, .card dd, .mid, #triggers, #market, #feeds')]"
        ".every(part => part.scrollWidth <= part.clientWidth)"
    )


def colours(tab: Tab) -> list[str]:
    style = "getComputedStyle(document.body)"
    return [str(tab.evaluate(f"{style}.{name}")) for name in ("backgroundColor", "color")]


def test_light_and_dark_by_the_system_and_by_choice(tab: Tab, page: Page) -> None:
    light = colours(look(tab, page, scheme="light"))
    dark = colours(look(tab, page, scheme="dark"))
    assert [_brightness(each) > 128 for each in (*light, *dark)] == [True, False, False, True]
    found = []
    for _ in range(3):
        tab.evaluate("document.querySelector('#theme').click()")
        found.append((tab.text("#theme"), colours(tab)))
    assert found == [("Theme: dark", dark), ("Theme: light", light), ("Theme: system", dark)]
    tab.evaluate("document.querySelector('#theme').click()")
    tab.evaluate("document.querySelector('#theme').click()")
    assert colours(look(tab, page, scheme="dark")) == light  # remembered
    tab.evaluate("localStorage.clear()")


def _brightness(colour: str) -> float:
    numbers = [float(each) for each in re.findall(r"[\d.]+", colour)[:3]]
    return sum(numbers) / 3


def test_the_keyboard_reaches_everything(tab: Tab, page: Page) -> None:
    page.show(items(*moment()))
    look(tab, page)
    reached = []
    for _ in range(6):
        tab.press("Tab", 9)
        reached.append(
            tab.evaluate("(e => e.id || e.className || e.tagName)(document.activeElement)")
        )
        outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    assert reached == ["skip", "theme", "OL", "filter", "SUMMARY", "SUMMARY"]
    tab.press("Enter", 13, "\r")
    assert tab.text("#flag-words").startswith("unsynchronised no snapshot has matched")


def test_the_filter_takes_words(tab: Tab, page: Page) -> None:
    page.show(items(*moment()))
    look(tab, page)
    tab.evaluate("document.querySelector('#filter').focus()")
    seen = []
    for text in ("usd", " stress", "x"):
        tab.call("Input.insertText", text=text)
        shown = tab.evaluate(
            "[...document.querySelectorAll('.card:not([hidden])')].map(c => c.dataset.name)"
        )
        seen.append((shown, tab.text("#instruments .count"), tab.text("#instruments .nothing")))
    assert seen == [
        ([BTC, ETH], "2 of 2", ""),
        ([BTC], "1 of 2", ""),
        ([], "0 of 2", "No instrument has all of these words."),
    ]


def test_triggers_stand_by_rule_with_the_escalated_first(tab: Tab, page: Page) -> None:
    page.show(items(trigger(NOW), trigger(NOW + S, scope=ETH, expires=NOW + S, advice="a")))
    page.show(
        items(trigger(NOW, TriggerState.escalate, rule="deep", metric="regimes.regime", value=4.0))
    )
    page.show(items(trigger(NOW, scope="market", quality=Quality.degraded, flags=("noisy",))))
    look(tab, page)
    told = tab.evaluate("[...document.querySelectorAll('#triggers ol > li')].map(x => x.innerText)")
    words = [re.sub(r"\s+", " ", each).strip() for each in told]
    assert words == [
        "deep escalated regimes.regime enters at 0, leaves at 0 "
        "venue:BTC-USD was stress at 12:00:00, on since 1970-01-01 00:00:00 ok",
        "wide ticks.spread_bp enters at 0, leaves at 0 "
        "market was 0 at 12:00:00, on since 1970-01-01 00:00:00 degraded noisy "
        "venue:BTC-USD was 0 at 12:00:00, on since 1970-01-01 00:00:00 ok "
        "venue:ETH-USD was 0 at 12:00:01, on since 1970-01-01 00:00:00, "
        "advice valid until 12:00:01 ok",
    ]


def test_advice_that_has_expired_is_told_so(tab: Tab, page: Page, at: At) -> None:
    page.show(items(trigger(NOW, expires=NOW + 60 * S, advice="hedge")))
    look(tab, page)
    assert tab.text("#triggers .scopes .muted").endswith(", advice valid until 12:01:00")
    tab.evaluate("document.querySelector('#triggers .scopes').marked = true")
    at.ns = NOW + 59 * S
    tab.wait("document.querySelector('#clock').textContent === '12:00:59 UTC'")
    assert tab.evaluate("document.querySelector('#triggers .scopes').marked")  # the same nodes
    at.ns = NOW + 60 * S
    tab.wait("document.querySelector('#triggers .advice').classList.contains('muted')")
    assert tab.text("#triggers .scopes .muted").endswith(", advice expired 12:01:00")


def test_connections_say_how_they_are(tab: Tab, page: Page) -> None:
    states = [(state, f"venue-{state.value}") for state in ConnectionState]
    page.show(items(*(health(NOW, name, state=state) for state, name in states)))
    page.show(items(health(NOW, "venue-5", quality=Quality.degraded, flags=("noisy", "thinned"))))
    look(tab, page)
    told = tab.evaluate(
        "[...document.querySelectorAll('#feeds tbody tr')].map(r => "
        "[r.children[0].innerText, r.children[1].innerText, r.children[2].innerText])"
    )
    assert told == [
        ["venue-1", "connecting", "ok"],
        ["venue-2", "running", "ok"],
        ["venue-3", "stale", "ok"],
        ["venue-4", "closed", "ok"],
        ["venue-5", "running", "degraded, noisy, thinned"],
    ]


def test_another_version_of_the_page_is_loaded_anew(
    tab: Tab, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Page("127.0.0.1:0", every_s=0.05, now_ns=at)
    first.start()
    look(tab, first)
    tab.evaluate("window.old = true")
    first.stop()
    second = Page(f"127.0.0.1:{first.port}", every_s=0.05, now_ns=at)
    second._digest = "another"
    second.start()
    tab.wait("window.old === undefined")
    tab.wait("document.body?.dataset.state === 'waiting'")
    second.stop()


def test_a_hundred_instruments_are_drawn_in_time(tab: Tab, page: Page) -> None:
    names = [f"venue:C{k:03}" for k in range(100)]
    whole = [row for row in moment() if getattr(row, "instrument", "") == BTC]
    page.show(items(*(replace(row, instrument=name) for name in names for row in whole)))
    look(tab, page)
    tab.wait("document.querySelectorAll('.card').length === 100")
    page.show(items(*(tick(NOW + S, 7.0, name) for name in names)))
    tab.wait("[...document.querySelectorAll('.mid b')].every(b => b.textContent === '7.0')")
    found = tab.evaluate("[...document.querySelectorAll('.card')].map(c => c.dataset.name)")
    assert found == names
    assert tab.evaluate("document.body.dataset.state") == "live"
