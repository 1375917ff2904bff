"""Why a connection was closed or could not be made, in words for a person and for a counter."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus

RATE_LIMITED: Final = (429, 418)  # HTTP: slow down; you did not
WITHOUT_TELLING_S: Final = 60.0  # how long to wait when a 429 or 418 does not say
_OURS: Final = {1009: "too_large"}  # codes with which our library gives up
_LONG: Final = 20  # letters of a part of a path: longer ones may be keys
_LONGEST: Final = 200  # characters of what somebody else wrote


def retry_after_s(status: int, headers: Mapping[str, str]) -> float:
    """Seconds that an HTTP answer asks us to wait; 0 when it asks nothing.

    A `Retry-After` that is a date, or is no number, counts as none.
    """
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    return WITHOUT_TELLING_S if status in RATE_LIMITED else 0.0


def why_closed(closed: ConnectionClosed) -> tuple[str, str]:
    """A word and the detail: `venue` (they said goodbye), `lost`, or why our side gave up."""
    theirs, ours = closed.rcvd, closed.sent
    if theirs is not None and (ours is None or closed.rcvd_then_sent):
        return "venue", f"{theirs.code} {theirs.reason}".strip()[:_LONGEST]
    if ours is None:
        return "lost", "no goodbye"
    return _OURS.get(ours.code, "protocol"), f"{ours.code} {ours.reason}".strip()[:_LONGEST]


def why_failed(error: Exception) -> str:
    """One clause about an attempt to connect."""
    if isinstance(error, InvalidStatus):
        return f"it answered the handshake with HTTP {error.response.status_code}"
    cause = error.__cause__
    text = str(error) or type(error).__name__
    if cause is not None and str(cause):
        text = f"{text} ({cause})"
    return text[:_LONGEST]


def place(url: str) -> str:
    """A URL without what may be a secret: no user, no query, no long part of the path.

    >>> place("wss://user:word@node.example/v2/0123456789abcdef0123456789abcdef?key=1")
    'wss://node.example/v2/…'
    """
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port is not None else ""
    shown = ("…" if len(part) > _LONG else part for part in parts.path.split("/"))
    return f"{parts.scheme}://{parts.hostname or ''}{port}{'/'.join(shown)}"
