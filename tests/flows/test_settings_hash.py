"""The hash of what affects numbers: equal for equal meaning, different for each other number."""

from hashlib import blake2b

import msgspec
import pytest

from flows.settings import load, numbers_hash
from schemas.settings import NUMBERS, Settings

RULES = [
    {"name": name, "metric": "ticks.mid_px", "op": ">", "enter": 1, "scope": {"asset": ["BTC"]}}
    for name in ("a", "b")
]
PLAIN = numbers_hash(Settings())


def hashed(**overrides: object) -> str:
    return numbers_hash(load(None, {}, {n.replace("__", "."): v for n, v in overrides.items()}))


def test_runs_that_began_before_there_were_assumptions_go_on() -> None:
    of_then = ("grid", "stale", "volatility", "regime", "instrument", "rule")
    sections = {name: getattr(Settings(), name) for name in of_then}
    before = msgspec.json.encode({**sections, "grid": 250_000_000}, order="sorted")
    assert blake2b(before, digest_size=16).hexdigest() == PLAIN
    assert hashed(assumed={}) == hashed(assumed={"okx": {}}) == PLAIN
    one, other = ({"okx": {"liquidations_thinned": thinned}} for thinned in (True, False))
    assert len({hashed(assumed=one), hashed(assumed=other), PLAIN}) == 3


def test_what_does_not_affect_numbers_is_not_in_it() -> None:
    same = hashed(run="x", store__url="chdb://x", state__dir="s", flow__workers=3, flow__epoch_s=0)
    assert same == PLAIN


def test_where_data_come_from_is_not_in_it() -> None:
    live = {"venue": "okx", "instruments": ["BTC-USDT"], "top": 3, "streams": ["book"],
            "ws_url": "ws://127.0.0.1:9101", "rest_url": "http://127.0.0.1:9101"}  # fmt: skip
    changed = {"spool": "elsewhere", "queue_frames": 5, "keep_hours": 1.5, "page": ""}
    assert hashed(source=[live], **{f"live__{k}": v for k, v in changed.items()}) == PLAIN
    recorded = [{"files": [__file__], "venue": "okx"}]
    assert hashed(source=recorded) == hashed(source=recorded, rule=[]) == PLAIN


def test_the_same_meaning_written_in_another_way() -> None:
    assert hashed(grid__interval="0.25s", regime__step_s=60, stale__book_s=10) == PLAIN
    assert hashed(rule=RULES) == hashed(rule=RULES[::-1])
    names = [{"name": "okx:A"}, {"name": "okx:B"}]
    assert hashed(instrument=names) == hashed(instrument=names[::-1])
    one, other = {"BTC": 0.5, "ETH": 0.7}, {"ETH": 0.7, "BTC": 0.5}
    assert hashed(regime__prior_vol=one) == hashed(regime__prior_vol=other)


OTHER: dict[str, object] = {
    "grid__interval": "1s",
    "stale__book_s": 11,
    "volatility__forecast_half_life_s": 60,
    "regime__step_s": 5,
    "instrument": [{"name": "okx:A"}],
    "assumed": {"okx": {"liquidations_thinned": True}},  # goes over what a recording says
    "chain": [{"id": 1, "name": "ethereum"}],
    "rule": RULES[:1],
}


@pytest.mark.parametrize("name", OTHER)
def test_every_section_of_numbers_is_in_it(name: str) -> None:
    assert {other.partition("__")[0] for other in OTHER} == set(NUMBERS)
    assert hashed(**{name: OTHER[name]}) != PLAIN
