"""Texts as engine, server and client write them, and what we make of them."""

import pytest

from sinks.refusal import is_denied, is_transient, words


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        (
            "Code: 47. DB::Exception: Unknown expression identifier `x`. In scope SELECT x. "
            "(UNKNOWN_IDENTIFIER)",
            47,
            "Unknown expression identifier `x`. In scope SELECT x. (UNKNOWN_IDENTIFIER)",
        ),
        (
            "Received ClickHouse exception, code: 60, server response: Code: 60. DB::Exception: "
            "Unknown table 'ticks'.\n (UNKNOWN_TABLE) (version 26.9.2.1 (official build)) "
            "(for url http://db:8123)",
            60,
            "Unknown table 'ticks'. (UNKNOWN_TABLE)",
        ),
        (
            "Code: 243. DB::Exception: Cannot reserve 15.26 MiB, not enough space. "
            "(NOT_ENOUGH_SPACE)",
            243,
            "no space left on its disk",
        ),
        (
            "Code: 75. DB::Exception: Cannot write to file: data.bin, errno: 28, strerror: No "
            "space left on device. (CANNOT_WRITE_TO_FILE_DESCRIPTOR)",
            75,
            "no space left on its disk",
        ),
        (
            "Error HTTPConnectionPool(host='db', port=1): Max retries exceeded with url: /? "
            "(Caused by NewConnectionError('<urllib3 object at 0x7f>: Failed to establish a new "
            "connection: [Errno 111] Connection refused')) executing HTTP request attempt 1",
            None,
            "Connection refused",
        ),
        ("Read timed out. (read timeout=120)", None, "timed out"),
        (
            "Code: 36. DB::Exception: It failed, Stack trace (when copying):\n\n0. x",
            36,
            "It failed",
        ),
        ("login desk:secret failed", 1, "login desk:*** failed"),
        ("x" * 400, 1, "x" * 299 + "…"),
    ],
)
def test_words(text: str, code: int | None, expected: str) -> None:
    assert words(text, code, "secret") == expected


@pytest.mark.parametrize(
    ("code", "network", "text", "expected"),
    [
        (None, True, "Connection reset by peer", True),
        (None, False, "unsupported type", False),
        (None, False, "HTTP driver received HTTP status 503, server response: busy", True),
        (None, False, "HTTP driver received HTTP status 404", False),
        (241, False, "memory limit exceeded", True),
        (252, False, "too many parts", True),
        (243, False, "not enough space", False),
        (60, True, "unknown table", False),
    ],
)
def test_only_passing_trouble_is_tried_again(
    code: int | None, network: bool, text: str, expected: bool
) -> None:
    assert is_transient(code, network, text) is expected


def test_wrong_passwords() -> None:
    assert [code for code in (None, 60, 192, 193, 194, 497, 516) if is_denied(code)] == [
        192,
        193,
        194,
        516,
    ]
