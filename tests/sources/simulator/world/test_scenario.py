"""Scripts: calm does nothing, a crash falls, jumps and regains half."""

import pytest

from sources.simulator.world.scenario import NAMES, scenario


def test_calm_crowded_and_outage_have_one_path() -> None:
    calm, crowded, outage = (scenario(name, 10.0) for name in ("calm", "crowded", "outage"))
    for at_s in (0.0, 100.0, 599.0):
        assert calm.news(at_s) == crowded.news(at_s) == outage.news(at_s) == 0.0
        assert calm.stress(at_s) == crowded.stress(at_s) == 0.0
    assert (calm.vol, calm.buying, calm.lean) == (crowded.vol, crowded.buying, crowded.lean)
    assert crowded.leverage > 3.0 * calm.leverage


def test_a_crash_falls_with_a_jump_and_regains_half() -> None:
    crash = scenario("crash", 60.0)
    begin, lasts = crash.fall_at_s, crash.fall_s
    assert crash.news(begin) == crash.stress(begin - 1.0) == 0.0
    before, after = crash.news(begin + 0.5 * lasts - 1.0), crash.news(begin + 0.5 * lasts + 4.0)
    assert after - before == pytest.approx(crash.jump, abs=0.001)
    assert crash.news(begin + lasts) == pytest.approx(crash.fall + crash.jump)
    assert crash.news(begin + 20.0 * lasts) == pytest.approx(0.5 * (crash.fall + crash.jump))
    assert crash.stress(begin + lasts - 0.001) == pytest.approx(1.0, abs=0.01)
    assert crash.stress(begin + 6.0 * lasts) < 0.01


def test_a_trend_drifts_and_names_are_known() -> None:
    assert scenario("trend", 0.0).news(3600.0) == pytest.approx(0.03)
    assert [scenario(name, 1.0).name for name in NAMES] == list(NAMES)
    with pytest.raises(KeyError):
        scenario("none", 1.0)
