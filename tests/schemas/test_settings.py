"""The settings tree: its defaults pass its own limits, and it cannot be changed."""

import msgspec
import pytest

from schemas.settings import NUMBERS, Settings, SourceSettings


def test_the_defaults_pass_their_own_limits() -> None:
    assert msgspec.convert(msgspec.to_builtins(Settings()), Settings) == Settings()


def test_what_affects_numbers_are_sections() -> None:
    assert set(NUMBERS) < set(Settings.__struct_fields__)
    assert set(Settings.__struct_fields__) - set(NUMBERS) == {
        "run",
        "store",
        "state",
        "flow",
        "live",
        "source",
    }


def test_settings_are_frozen_and_do_not_share_mutable_defaults() -> None:
    with pytest.raises(AttributeError):
        Settings().run = "x"  # type: ignore[misc]
    assert Settings().rule is not Settings().rule


@pytest.mark.parametrize(
    "raw",
    [
        {"colour": 1},
        {"flow": {"workers": 0}},
        {"flow": {"epoch_s": -1}},
        {"source": [{"venue": "v", "top": 0}]},
        {"live": {"queue_frames": 0}},
        {"live": {"keep_hours": -1}},
        {"live": {"segment_mb": 0}},
        {"regime": {"tempering": 0}},
        {"regime": {"enter": 1}},
        {"regime": {"prior_vol": {"BTC": 0}}},
        {"instrument": [{"name": "v:S", "kind": "swap"}]},
        {"rule": [{"name": "r", "metric": "t.c", "op": "=", "enter": 1}]},
    ],
)
def test_limits(raw: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw, Settings)


def test_a_source_without_files_is_live() -> None:
    assert SourceSettings(venue="v", top=3).is_live
    assert not SourceSettings(files=["a.gz"]).is_live
