"""Account states of stream and REST, and one that a user recorded in March 2023."""

import json
import re
from typing import Any

import pytest

from schemas.account import AccountPosition, AccountState
from schemas.control import Reason, Rejected
from sources import hyperliquid_wire as wire
from sources.hyperliquid_accounts import account_state, address
from sources.wire_numbers import Refused
from tests.shared import shared_file
from tests.sources.talk import MS, START
from tests.sources.test_hyperliquid_frames import INFO, USER, frame, say
from tests.sources.test_hyperliquid_frames import wire as as_wire

COINS = ("BTC", "ETH", "ATOM", "MATIC", "DYDX", "SOL", "AVAX", "BNB", "APE", "OP", "LTC", "ARB")
MARGIN = {"accountValue": "1000.5", "totalMarginUsed": "30", "totalNtlPos": "600"}
CROSS = {"accountValue": "990.25", "totalMarginUsed": "20"}


def held(**changes: Any) -> dict[str, Any]:
    fields = {"coin": "BTC", "szi": "-0.5", "entryPx": "100", "positionValue": "50",
              "unrealizedPnl": "-1.5", "liquidationPx": "150.5", "marginUsed": "5",
              "leverage": {"type": "cross", "value": 10}, "maxLeverage": 40}  # fmt: skip
    return {"type": "oneWay", "position": fields | changes}


def state(*positions: Any, **changes: Any) -> dict[str, Any]:
    fields = {"marginSummary": MARGIN, "crossMarginSummary": CROSS, "time": 9,
              "crossMaintenanceMarginUsed": "12.5", "withdrawable": "900"}  # fmt: skip
    return fields | {"assetPositions": positions} | changes


SHORT = AccountPosition("hyperliquid:BTC", -0.5, 100.0, 50.0, -1.5, 150.5, 5.0, 10.0, True, 40.0)
NUMBERS = (1000.5, 990.25, 12.5, 30.0, 900.0)


def expected(*positions: AccountPosition, dex: str = "", numbers: Any = NUMBERS) -> AccountState:
    at = "c", START, 1, 9 * MS
    return AccountState("hyperliquid", USER.lower(), dex, *at, *numbers, positions)


def of_one(data: Any) -> str:
    return frame("clearinghouseState", {"dex": "", "user": USER, "clearinghouseState": data})


@pytest.mark.parametrize(
    ("changes", "position"),
    [
        ({}, SHORT),
        ({"liquidationPx": None}, (-0.5, 100.0, 50.0, -1.5, None, 5.0, 10.0, True, 40.0)),
        ({"liquidationPx": "0.0"}, (-0.5, 100.0, 50.0, -1.5, None, 5.0, 10.0, True, 40.0)),
        ({"liquidationPx": "-3"}, (-0.5, 100.0, 50.0, -1.5, None, 5.0, 10.0, True, 40.0)),
        ({"szi": "2", "entryPx": None}, (2.0, None, 50.0, -1.5, 150.5, 5.0, 10.0, True, 40.0)),
        ({"maxLeverage": None, "marginUsed": ""},
         (-0.5, 100.0, 50.0, -1.5, 150.5, None, 10.0, True, None)),
        ({"leverage": {"type": "isolated", "value": 3, "rawUsd": "-9"}},
         (-0.5, 100.0, 50.0, -1.5, 150.5, 5.0, 3.0, False, 40.0)),
    ],
)  # fmt: skip
def test_a_position(changes: Any, position: Any) -> None:
    one = SHORT if position is SHORT else AccountPosition("hyperliquid:BTC", *position)
    assert say(of_one(state(held(**changes)))) == ([expected(one)], {})


def test_what_a_state_does_not_say_is_unknown_and_no_zero() -> None:
    bare = of_one({"assetPositions": []})
    at = "c", START, 1, 0
    nothing = AccountState("hyperliquid", USER.lower(), "", *at, *(None,) * 5, ())
    assert say(bare) == ([nothing], {})


def test_equity_may_be_negative() -> None:
    broke = state(marginSummary={"accountValue": "-7.5", "totalMarginUsed": "0.0"})
    assert say(of_one(broke)) == ([expected(numbers=(-7.5, 990.25, 12.5, 0.0, 900.0))], {})


def test_every_dex_of_an_account_is_a_state_of_its_own() -> None:
    both = [["", state()], ["xyz", state(held(coin="xyz:BTC"), held(coin="NVDA"))]]
    items, counts = say(
        frame("allDexsClearinghouseState", {"user": USER, "clearinghouseStates": both})
    )
    on_dex = [
        AccountPosition(f"hyperliquid:xyz:{coin}", -0.5, 100.0, 50.0, -1.5, 150.5, 5.0, 10.0,
                        True, 40.0)
        for coin in ("BTC", "NVDA")
    ]  # fmt: skip
    assert items == [expected(), expected(*on_dex, dex="xyz")]
    assert counts == {}


@pytest.mark.parametrize(
    ("fragment", "dex"), [(USER, ""), (f"{USER}:", ""), (f"{USER}:xyz", "xyz")]
)
def test_an_answer_is_of_the_account_in_its_url(fragment: str, dex: str) -> None:
    items, _ = say(f"{INFO}clearinghouseState:{fragment} {as_wire(state())}")
    assert items == [expected(dex=dex)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"szi": ""}, Reason.bad_size),
        ({"szi": "NaN"}, Reason.bad_number),
        ({"szi": "1e30"}, Reason.bad_size),
        ({"szi": 1.5}, Reason.wrong_type),
        ({"entryPx": "0"}, Reason.bad_price),
        ({"entryPx": "-1"}, Reason.bad_price),
        ({"unrealizedPnl": "1e999"}, Reason.bad_number),
        ({"positionValue": "Infinity"}, Reason.bad_number),
        ({"leverage": {"type": "cross", "value": 0}}, Reason.bad_number),
        ({"leverage": {"type": "portfolio", "value": 3}}, Reason.wrong_type),
        ({"maxLeverage": -1}, Reason.bad_number),
        ({"coin": ""}, Reason.wrong_type),
    ],
)
def test_one_bad_position_refuses_the_account_as_a_whole(changes: Any, reason: Reason) -> None:
    good_and_bad = [["", state()], ["xyz", state(held(**changes))]]
    data = {"user": USER, "clearinghouseStates": good_and_bad}
    (rejected,), counts = say(frame("allDexsClearinghouseState", data))
    assert (type(rejected), rejected.reason, +counts) == (Rejected, reason, {})


@pytest.mark.parametrize("user", ["", "0x12", "0x" + "g" * 40, "1x" + "a" * 40, "0x" + "a" * 41])
def test_an_account_needs_an_address(user: str) -> None:
    (rejected,), _ = say(f"{INFO}clearinghouseState:{user} {as_wire(state())}")
    assert rejected.reason is Reason.missing_field
    with pytest.raises(Refused):
        address(user)


def test_a_time_that_is_none() -> None:
    (rejected,), _ = say(of_one(state(time=-1)))
    assert rejected.reason is Reason.bad_time


def test_the_recorded_account_of_2023() -> None:
    text = shared_file("data/positions/hyperliquid_user_state_2023-03-27.yaml").read_text()
    found = re.search(r"string: '(\{.*\})'", text)
    asked = re.search(r'"user": "(0x[0-9a-f]{40})"', text)
    assert found and asked
    raw = json.loads(found[1])
    ours = account_state(asked[1], "", wire.decode(wire.STATE, found[1].encode()), ("c", 5, 7))
    assert (ours.equity_usd, ours.cross_equity_usd, ours.withdrawable_usd) == (
        1182.312496, 1182.312496, 1010.57173,
    )  # fmt: skip
    assert (ours.margin_used_usd, ours.maintenance_usd, ours.venue_ns) == (171.740766, None, 0)
    assert [position.instrument for position in ours.positions] == [
        f"hyperliquid:{coin}" for coin in COINS
    ]
    liquidation = {p.instrument[12:]: p.liquidation_px for p in ours.positions if p.liquidation_px}
    assert liquidation == {
        "BTC": 173198.69592357, "ATOM": 2561.83187333, "DYDX": 11.841653, "APE": 12.57589638,
        "OP": 17.0707113,
    }  # fmt: skip
    assert {(p.cross, p.leverage, p.max_leverage) for p in ours.positions} == {(True, 20.0, None)}
    # The positions add up to what the venue says of the account as a whole.
    total = float(raw["marginSummary"]["totalNtlPos"])
    assert sum(p.value_usd or 0.0 for p in ours.positions) == pytest.approx(total, abs=1e-6)
    assert [p.size_base < 0 for p in ours.positions].count(True) == 5
    # Shorts have lost value exactly by their mark above their entry.
    for p in ours.positions:
        assert p.value_usd is not None and p.entry_px is not None and p.unrealised_usd is not None
        sign = 1.0 if p.size_base > 0 else -1.0
        gain = sign * p.value_usd - p.size_base * p.entry_px
        assert gain == pytest.approx(p.unrealised_usd, abs=2e-3)
