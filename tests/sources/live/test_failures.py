"""Words for what went wrong, without secrets."""

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from sources.live.failures import place, retry_after_s, why_closed, why_failed


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (418, {"retry-after": " 3600 "}, 3600.0),
        (429, {}, 60.0),
        (418, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60.0),
        (429, {"retry-after": "-5"}, 60.0),
        (429, {"retry-after": "²"}, 60.0),
        (503, {"retry-after": "2"}, 2.0),
        (503, {}, 0.0),
    ],
)
def test_how_long_to_wait(status: int, headers: dict[str, str], expected: float) -> None:
    assert retry_after_s(status, headers) == expected


BYE, TOO_LARGE = Close(1001, "going"), Close(1009, "over")


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (ConnectionClosedOK(BYE, BYE, rcvd_then_sent=True), ("venue", "1001 going")),
        (ConnectionClosedError(BYE, None), ("venue", "1001 going")),
        (ConnectionClosedError(None, None), ("lost", "no goodbye")),
        (ConnectionClosedError(None, TOO_LARGE), ("too_large", "1009 over")),
        (ConnectionClosedError(TOO_LARGE, TOO_LARGE, rcvd_then_sent=False),
         ("too_large", "1009 over")),
        (ConnectionClosedError(None, Close(1002, "")), ("protocol", "1002")),
        (ConnectionClosedOK(Close(1000, "x" * 300), None), ("venue", "1000 " + "x" * 195)),
    ],
)  # fmt: skip
def test_why_a_connection_was_closed(
    closed: ConnectionClosedOK | ConnectionClosedError, expected: tuple[str, str]
) -> None:
    assert why_closed(closed) == expected


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidStatus(Response(403, "Forbidden", Headers())),
         "it answered the handshake with HTTP 403"),
        (ConnectionRefusedError(111, "refused"), "[Errno 111] refused"),
        (TimeoutError(), "TimeoutError"),
        (caused(OSError("no answer"), OSError("cut")), "no answer (cut)"),
        (OSError("x" * 300), "x" * 200),
    ],
)  # fmt: skip
def test_why_an_attempt_failed(error: Exception, expected: str) -> None:
    assert why_failed(error) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://me:secret@there:9443/ws?token=secret#x", "wss://there:9443/ws"),
        ("https://there", "https://there"),
    ],
)
def test_a_place_has_no_secrets(url: str, expected: str) -> None:
    assert place(url) == expected
