"""Parameters of JSON-RPC requests, as outsiders write them: checked, or refused with -32602."""

import re
from collections.abc import Mapping
from typing import Any, Final

INVALID: Final = -32602
MOST_ADDRESSES: Final = 1_000
MOST_TOPICS: Final = 4
_QUANTITY: Final = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_DATA: Final = re.compile(r"0x([0-9a-f]{2})*")


class RpcError(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def row(self) -> dict[str, Any]:
        """Its JSON form."""
        row: dict[str, Any] = {"code": self.code, "message": self.message}
        return row if self.data is None else row | {"data": self.data}


def _matching(pattern: re.Pattern[str], value: Any, what: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value.lower()):
        return value.lower()
    message = f"invalid argument: {what}"
    raise RpcError(INVALID, message)


def number_of(value: Any) -> int:
    """A quantity. Raises RpcError.

    >>> number_of("0x10")
    16
    """
    return int(_matching(_QUANTITY, value, "hex quantity"), 16)


def address(value: Any) -> str:
    """An address in lower case. Raises RpcError."""
    return _matching(_ADDRESS, value, "address")


def hash_of(value: Any) -> str:
    """A hash or topic in lower case. Raises RpcError."""
    return _matching(_HASH, value, "hash")


def data(value: Any) -> bytes:
    """Bytes. Raises RpcError."""
    return bytes.fromhex(_matching(_DATA, value, "hex data")[2:])


class Filter:
    """Which logs are wanted: addresses, and topics by place. Raises RpcError."""

    def __init__(self, given: Any) -> None:
        if not isinstance(given, dict):
            message = "a filter is an object"
            raise RpcError(INVALID, message)
        self._addresses = _some(given.get("address"), address)
        topics = given.get("topics") or []
        if not isinstance(topics, list) or len(topics) > MOST_TOPICS:
            message = "topics are an array of at most 4"
            raise RpcError(INVALID, message)
        self._topics = [_some(one, hash_of) for one in topics]

    def takes(self, log: Mapping[str, Any]) -> bool:
        """Whether a log is one of them."""
        if self._addresses is not None and log["address"] not in self._addresses:
            return False
        has = log["topics"]
        if len(has) < len(self._topics):
            return False
        pairs = zip(self._topics, has, strict=False)
        return all(wanted is None or topic in wanted for wanted, topic in pairs)


def _some(value: Any, read: Any) -> frozenset[str] | None:
    """One, any of several, or (None) whatever it is."""
    if value is None:
        return None
    if not isinstance(value, list):
        return frozenset({read(value)})
    if len(value) > MOST_ADDRESSES:
        message = f"at most {MOST_ADDRESSES} at once"
        raise RpcError(INVALID, message)
    return frozenset(map(read, value)) or None
