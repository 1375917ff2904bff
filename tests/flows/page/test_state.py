"""What is kept of the rows that pass by: the latest, whatever comes, and only so much of it."""

from threading import Thread

import pytest

from flows.page.part import Part
from flows.page.state import PRICE_SPAN_S, Changes, Seen, Shown
from schemas.market import DepthCurve, Liquidation
from schemas.run import InstrumentRow
from schemas.tables import rows_item
from schemas.trigger import TriggerState
from schemas.volatility import Volatility
from tests.blank_row import blank_row
from tests.flows.page.rows import BTC, ETH, NOW, S, health, items, moment, regime, tick, trigger

NOTHING = Changes(0, "main", "", None, False, None, (), {}, {})


def test_nothing_is_known_at_first() -> None:
    assert Shown("main").changes() == NOTHING


def test_every_table_has_its_place_and_others_are_passed_over() -> None:
    shown = Shown("night", "read from a store")
    curve = blank_row(DepthCurve, ts=NOW, instrument=BTC)
    volatility = blank_row(Volatility, ts=NOW, instrument=BTC)
    about = blank_row(InstrumentRow, ts=NOW, instrument=BTC)
    shown.take(items(tick(), curve, volatility, about, regime(), blank_row(Liquidation)))
    shown.take(items(regime(scope="market"), regime(scope="BTC"), trigger()))
    seen = {"tick": tick(), "curve": curve, "volatility": volatility}
    seen |= {"about": about, "regime": regime()}
    assert shown.changes() == Changes(
        rev=2,
        run="night",
        origin="read from a store",
        trouble=None,
        more=False,
        market=Part(regime(scope="market"), 2, None),
        triggers=(trigger(),),
        instruments={
            BTC: Seen(
                {name: Part(row, 1, None) for name, row in seen.items()}, ((NOW, 92_000.05, 1),)
            )
        },
        feeds={},
    )


def test_only_what_is_newer_is_told() -> None:
    shown = Shown("main")
    shown.take(items(tick(NOW), tick(NOW, name=ETH), regime(), regime(scope="market"), health()))
    shown.take(items(tick(NOW + S // 4, 7.0), tick(NOW - S, 8.0, ETH)))
    changes = shown.changes(1)
    assert changes.instruments == {
        BTC: Seen({"tick": Part(tick(NOW + S // 4, 7.0), 2, 0.25)}, ())  # no new second, no price
    }
    assert (changes.market, changes.triggers, changes.feeds) == (None, None, {})
    assert shown.changes(2).instruments == {}
    assert shown.changes().instruments[ETH].parts["tick"].row == tick(NOW, name=ETH)


def prices(shown: Shown, name: str = BTC) -> list[tuple[int, float | None]]:
    return [(at, px) for at, px, _ in shown.changes().instruments[name].prices]


def test_one_price_a_second_with_its_holes() -> None:
    shown = Shown("main")
    told = [(0.0, 1.0), (0.25, 2.0), (0.75, 3.0), (1.0, None), (1.25, 4.0), (3.5, 5.0), (3.75, 6.0)]
    for after_s, mid in told:
        shown.take(items(tick(NOW + round(after_s * S), mid)))
    assert prices(shown) == [(NOW, 1.0), (NOW + S, None), (NOW + 7 * S // 2, 5.0)]


def test_prices_are_of_the_last_minutes_only() -> None:
    shown = Shown("main")
    for k in range(PRICE_SPAN_S + 100):
        shown.take(items(tick(NOW + k * S, float(k))))
    assert prices(shown) == [(NOW + k * S, float(k)) for k in range(99, PRICE_SPAN_S + 100)]


def test_more_instruments_than_there_is_room_for_are_not_kept() -> None:
    shown = Shown("main", most_instruments=2)
    shown.take(items(tick(name="v:A"), tick(name="v:B")))
    assert not shown.changes().more
    shown.take(items(tick(name="v:C"), regime(scope="v:D"), tick(NOW + S, name="v:A")))
    changes = shown.changes()
    assert (list(changes.instruments), changes.more) == (["v:A", "v:B"], True)
    assert changes.instruments["v:A"].parts["tick"].row.ts == NOW + S


def test_a_trigger_is_on_from_enter_to_leave() -> None:
    shown = Shown("main")
    other = trigger(NOW, scope=ETH)
    entered, escalated = trigger(NOW), trigger(NOW, TriggerState.escalate)
    left = trigger(NOW + S, TriggerState.leave)
    shown.take([rows_item(entered, escalated), rows_item(other)])
    assert shown.changes().triggers == (escalated, other)
    shown.take([rows_item(escalated)])  # told again, as a store does
    assert shown.changes(1).triggers is None
    shown.take([rows_item(left)])
    assert shown.changes(2).triggers == (other,)
    shown.take([rows_item(left)])
    assert shown.changes(3).triggers is None
    assert shown.changes().triggers == (other,)


def test_feeds_are_told_with_their_rates() -> None:
    shown = Shown("main")
    shown.take(items(health(NOW, gaps=1), health(NOW, "venue-1")))
    shown.take(items(health(NOW + 5 * S, messages=50, gaps=2)))
    (name, feed), *others = shown.changes(1).feeds.items()
    assert (name, feed.messages_per_s, feed.gaps_1h, others) == ("venue-0", 10.0, 3, [])
    assert list(shown.changes().feeds) == ["venue-0", "venue-1"]


def test_trouble_is_told_until_it_is_over() -> None:
    shown = Shown("main")
    shown.say("the store is away")
    assert shown.changes(5).trouble == "the store is away"
    shown.say(None)
    assert shown.changes(5).trouble is None


@pytest.mark.parametrize("readers", [1, 3])
def test_readers_that_follow_the_revisions_see_every_price_once(readers: int) -> None:
    shown = Shown("main")
    last = PRICE_SPAN_S
    found: list[list[tuple[int, float | None]]] = []

    def read() -> None:
        rev, seen = 0, list[tuple[int, float | None]]()
        while not seen or seen[-1][0] < NOW + last * S:
            changes = shown.changes(rev)
            rev = changes.rev
            for each in changes.instruments.values():
                seen += [(at, px) for at, px, _ in each.prices]
        found.append(seen)

    threads = [Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for k in range(last + 1):
        shown.take(items(tick(NOW + k * S, float(k))))
    for thread in threads:
        thread.join(20)
    for seen in found:
        assert seen == [(NOW + k * S, float(k)) for k in range(last + 1)]
    assert len(found) == readers


def test_a_moment_of_everything() -> None:
    shown = Shown("main")
    shown.take(items(*moment()))
    changes = shown.changes()
    assert {name: sorted(seen.parts) for name, seen in changes.instruments.items()} == {
        BTC: ["about", "curve", "regime", "tick", "volatility"],
        ETH: ["tick"],
    }
    assert changes.feeds["venue-0"].messages_per_s == 1_000.0
