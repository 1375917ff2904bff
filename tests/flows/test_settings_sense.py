"""What does not fit together, found in a settings tree and named by path (texts: test_settings)."""

from msgspec import UNSET, structs

from flows.settings_sense import sense_mistakes
from schemas.rule import Rule
from schemas.settings import GridSettings, InstrumentSettings, RegimeSettings, Settings


def paths(settings: Settings) -> list[tuple[str | int, ...]]:
    return [path for path, _ in sense_mistakes(settings)]


def test_the_defaults_fit() -> None:
    assert paths(Settings()) == []


def test_a_grid_is_blamed_for_a_step_that_was_not_chosen() -> None:
    grid = GridSettings(interval="7s")
    assert paths(Settings(grid=grid)) == [("grid", "interval")]
    assert paths(Settings(grid=grid, regime=RegimeSettings(step_s=5.0))) == [("regime", "step_s")]
    assert paths(Settings(grid=grid, regime=RegimeSettings(step_s=14.0))) == []


def test_elements_keep_their_index_when_others_have_no_shape() -> None:
    wrong = InstrumentSettings(name="nowhere:X")
    rule = Rule(name="r", metric="ticks.mid_px", op=">", enter=1.0, m=2)
    settings = structs.replace(Settings(), instrument=[UNSET, wrong], rule=[UNSET, UNSET, rule])
    assert paths(settings) == [("instrument", 1, "name"), ("rule", 2, "m")]
