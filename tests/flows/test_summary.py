"""What a replay tells in the end, whole; a password is never in it."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace as Some
from typing import Any, cast

import pytest
from rich.console import Console

from flows.summary import Outcome, show, show_members, show_problems
from flows.wiring import Wiring
from schemas.instrument import infer
from schemas.settings import Settings, StoreSettings
from sinks.address import address

URL = "http://desk:secret@db:8123/"
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Stored:
    """A store with canned answers."""

    def __init__(self, counts: dict[str, int], regimes: list[Any], triggers: list[Any]) -> None:
        self.where = address(URL)
        self.canned, self.regimes, self.triggers = counts, regimes, triggers

    def counts(self, run: str) -> dict[str, int]:
        assert run == "night"
        return self.canned

    def query(self, sql: str, params: Mapping[str, Any]) -> Some:
        assert params == {"run": "night"}
        if ".ticks" in sql:
            return Some(rows=[(START, START + timedelta(minutes=3))])
        return Some(rows=self.regimes if ".regimes" in sql else self.triggers)


def told(
    stored: Stored,
    *,
    drained: bool = False,
    problem: str | None = None,
    unused: Mapping[str, int] | None = None,
) -> str:
    """The whole summary."""
    source = Some(
        connections={
            "a": Some(
                lines_done=1500, session=Some(venue="okx", counts=Counter(unused)), counts=Counter()
            ),
            "b": Some(
                lines_done=700,
                session=Some(venue="okx", counts=Counter(unused)),
                counts=Counter({"unknown control:x": 1, "gaps": 3} if unused else {}),
            ),
        },
        recordings={
            "a": Some(path="a.gz", problem=None, damaged=False),
            "b": Some(path="b.gz", problem=problem, damaged=False),
        },
        began={"a": 1000, "b": 0},
    )
    settings = Settings(run="night", store=StoreSettings(url=URL))
    outcome = Outcome(settings, cast("Any", source), 0.5, drained)
    assert (outcome.lines, outcome.damaged) == (1200, False)
    said = StringIO()
    show(Console(file=said, width=80), cast("Any", stored), outcome)
    return said.getvalue()


NEXT = """\
store: http://desk@db:8123/, run: night
next:
  seawall query --store http://desk@db:8123/ "SELECT ts, scope, regime, p_stress FROM regimes \
WHERE run = 'night' AND changed ORDER BY ts"
  seawall query --store http://desk@db:8123/ "SELECT ts, rule, scope, state, value FROM triggers \
WHERE run = 'night' ORDER BY ts LIMIT 20"
  seawall query --store http://desk@db:8123/ "SELECT instrument, max(spread_bp), \
min(bid_depth_usd_25bp) FROM ticks WHERE run = 'night' GROUP BY instrument"
"""


def test_a_run_with_something_to_tell() -> None:
    stored = Stored(
        {"ticks": 12_000, "rejected": 3},
        [(START, "binance-usdm:BTCUSDT", "normal")],
        [(START, "rule", "market", "enter", 0.99731234)] * 14,
    )
    trigger = "  2026-01-05 12:00:00  rule enter on market at 0.997312\n"
    assert told(stored, problem="ends in the middle of line 701, which is left unread") == (
        "12,000 ticks from 2026-01-05 12:00:00 to 2026-01-05 12:03:00 UTC\n"
        "1 regime change\n"
        "  2026-01-05 12:00:00  binance-usdm:BTCUSDT: normal\n"
        "14 triggers\n" + 12 * trigger + "  … and 2 more\n"
        "table       rows\n"
        "ticks     12,000\n"
        "rejected       3\n"
        "3 lines rejected: see table rejected\n"
        "b.gz: ends in the middle of line 701, which is left unread (read to line 700)\n"
        "1,200 lines done in 0.5 s: 2,400 lines/s\n" + NEXT
    )


def test_a_stopped_run_without_a_tick() -> None:
    assert told(Stored({"ticks": 0, "rejected": 0}, [], []), drained=True) == (
        "no regime changes\n"
        "no triggers\n"
        "table     rows\n"
        "ticks        0\n"
        "rejected     0\n"
        "1,200 lines drained after 0.5 s: 2,400 lines/s\n" + NEXT
    )


@pytest.mark.parametrize(
    ("members", "regime"),
    [
        (("binance-usdm:BTCUSDT",), "binance-usdm:BTCUSDT"),
        ((), "no perpetual, so no market regime"),
    ],
)
def test_members(members: tuple[str, ...], regime: str) -> None:
    instruments = [
        infer("binance-usdm", f"{asset}USDT", "perpetual", 1) for asset in ("BTC", "ETH")
    ]
    listings = (
        Some(connection="[a]", instruments=instruments),
        Some(connection="b", instruments=()),
    )
    said = StringIO()
    show_members(Console(file=said), Wiring(cast("Any", listings), {}, members, "", "", {}))
    assert said.getvalue() == (
        "[a]: binance-usdm:BTCUSDT, binance-usdm:ETHUSDT\n"
        f"b: nothing known\nmarket regime of: {regime}\n"
    )


def test_problems_are_not_wrapped() -> None:
    said = StringIO()
    long = "[x].gz: " + "word " * 40
    show_problems(Console(file=said, width=40), [long])
    assert said.getvalue() == long + "\n"


def test_frames_that_are_nothing_to_us_are_counted() -> None:
    said = told(Stored({"ticks": 0}, [], []), unused={"unknown:24hrTicker": 2, "control": 0})
    assert "not used: 4 unknown:24hrTicker, 1 unknown control:x\n" in said
    assert "not used" not in told(Stored({"ticks": 0}, [], []))


def test_what_rests_on_assumptions_is_one_line() -> None:
    unused = {"control": 2, "assumed:liquidations_thinned": 600, "assumed:b": 1, "assumed:c": 0}
    said = told(Stored({"ticks": 0}, [], []), unused=unused)
    assert "not used: 4 control, 1 unknown control:x\n" in said
    assert "\n1,202 times on an assumption: 2 okx.b, 1,200 okx.liquidations_thinned\n" in said
    assert "assumption" not in told(Stored({"ticks": 0}, [], []), unused={"control": 2})


def test_the_next_commands_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/seawall", "demo"])
    monkeypatch.setattr("flows.summary.which", lambda name: None)
    assert "\n  .venv/bin/seawall query --store" in told(Stored({"ticks": 0}, [], []))
    monkeypatch.setattr("flows.summary.which", lambda name: f"/bin/{name}")
    assert "\n  seawall query --store" in told(Stored({"ticks": 0}, [], []))
