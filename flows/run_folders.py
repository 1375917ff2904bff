"""Where a live run keeps what it has received, and how far it has come."""

from pathlib import Path

from schemas.settings import Settings

_STATE = "state"  # folder beside the connections of a spool


def spool_of(settings: Settings) -> Path:
    """The folder of the run's spool: every run has its own."""
    return Path(settings.live.spool) / settings.run


def state_of(settings: Settings) -> Path:
    """The folder of a live run's recovery data: a live run resumes always."""
    return Path(settings.state.dir or spool_of(settings) / _STATE)
