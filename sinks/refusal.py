"""What the store's errors mean: which are passing, and their words in one line without secrets."""

import re
from typing import Final

_PASSING: Final = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        216,  # QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
        241,  # MEMORY_LIMIT_EXCEEDED: merges or a reader hold it for the moment
        252,  # TOO_MANY_PARTS
    }
)
_DENIED: Final = frozenset({192, 193, 194, 516})  # unknown user, wrong or missing password
_NO_SPACE: Final = 243
_FULL: Final = re.compile(r"errno: (28|122)\b|No space left on device|quota exceeded")
_GATEWAY: Final = re.compile(r"HTTP status 50[234]\b")
_ERRNO: Final = re.compile(r"\[Errno -?\d+\] ([^)'\"]+)")
_BEFORE: Final = re.compile(r"^.*?DB::Exception: ", re.DOTALL)
_AFTER: Final = re.compile(r"(\s*\(version .*|\s*\(for url .*|,?\s*Stack trace.*)$", re.DOTALL)
_LONGEST: Final = 300


def is_transient(code: int | None, network: bool, text: str) -> bool:
    """Whether the same INSERT, with the same token, may succeed when sent again.

    `network`: the client could not say what became of the request.
    """
    if code is None:
        return network or _GATEWAY.search(text) is not None
    return code in _PASSING


def is_denied(code: int | None) -> bool:
    """Whether the server refused the user."""
    return code in _DENIED


def words(text: str, code: int | None = None, secret: str = "") -> str:
    """One line of plain words for an error of the client, engine or server."""
    if code == _NO_SPACE or _FULL.search(text):
        return "no space left on its disk"
    found = _ERRNO.search(text)
    if code is None and found is not None:
        plain = found.group(1)
    elif code is None and "timed out" in text:
        plain = "timed out"
    else:
        plain = _AFTER.sub("", _BEFORE.sub("", text, count=1))
    if secret:
        plain = plain.replace(secret, "***")
    plain = " ".join(plain.split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
