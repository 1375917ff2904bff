"""Every run has folders of its own; recovery data lie where the settings say, else in the spool."""

from pathlib import Path

from flows.run_folders import spool_of, state_of
from schemas.settings import LiveSettings, Settings, StateSettings


def test_folders_of_a_run() -> None:
    settings = Settings(run="night", live=LiveSettings(spool="there"))
    assert (spool_of(settings), state_of(settings)) == (
        Path("there/night"), Path("there/night/state"),
    )  # fmt: skip
    kept = Settings(run="night", state=StateSettings(dir="elsewhere"))
    assert state_of(kept) == Path("elsewhere")
