"""What calldata asks for: calls in the order of execution, whatever contracts they are wrapped in.

The selector alone decides, computed from signatures that are written in code: that `to` is really
a contract of that kind, and not one that shares a signature, is for the reader of the result to
know, by its address. Nothing raises and everything is bounded: at most `DEEPEST` calls in calls,
`MOST_CALLS` calls read and as many results, and of each call's n bytes at most n of content.
"""

from typing import Final

from msgspec import Struct

from schemas.chain_call import Call
from sources.evm.abi import MOST_BYTES, Malformed
from sources.evm.calldata import (
    aave,
    compound,
    forwarding,
    ocr,
    one_inch,
    parameters,
    router_payments,
    tokens,
    uniswap_v2,
    uniswap_v3,
    universal_router,
)
from sources.evm.calldata.sent import Inner, Known, Sent
from sources.evm.nested import arguments

DEEPEST: Final = 8
MOST_CALLS: Final = 2048
_MORE: Final = f"more than {MOST_CALLS} calls"

_FAMILIES: Final = (
    uniswap_v2, uniswap_v3, router_payments, universal_router, one_inch, aave, compound, ocr,
    forwarding, tokens, parameters,
)  # fmt: skip
KNOWN: Final[dict[bytes, Known]] = {
    code: known for family in _FAMILIES for code, known in family.KNOWN.items()
}


class Understood(Struct, frozen=True, gc=False):
    """What was understood of one transaction's calldata.

    With `malformed` the calls are those that still fitted; the transaction probably fails.
    """

    calls: tuple[Call, ...]  # in order of execution
    unknown: tuple[tuple[str, str], ...]  # contract and selector (hex) of functions nobody knows
    malformed: str | None  # how the first of what does not fit its signature does not


def calls_in(to: str | None, data: bytes, value_wei: int, sender: str) -> Understood:
    """What the calldata of a transaction asks of contracts.

    `to` None: it creates a contract, of which nothing is said. No calldata: no calls. Parameter
    calls are also sought inside calldata of unknown functions, see `parameters.hidden`.

    >>> calls_in("0x" + 40 * "a", bytes.fromhex("d0e30db0"), 7, "0x" + 40 * "b").calls[0].amount
    7
    """
    reading = _Reading()
    if to is not None and len(data) > MOST_BYTES:
        reading.fault(f"{len(data)} bytes are more than a transaction can hold")
    elif to is not None:
        reading.read(Sent(to.lower(), value_wei, sender.lower()), bytes(data), 0)
    return Understood(tuple(reading.calls), tuple(reading.unknown), reading.malformed)


class _Reading:
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.unknown: list[tuple[str, str]] = []
        self.malformed: str | None = None
        self._left = MOST_CALLS

    def read(self, sent: Sent, data: bytes, depth: int) -> None:
        if depth > DEEPEST or not self._left:
            self.fault(f"calls deeper than {DEEPEST}" if self._left else _MORE)
            return
        self._left -= 1
        if not data:
            return
        known = KNOWN.get(data[:4])
        if known is None:
            self.unknown.append((sent.to, "0x" + data[:4].hex()))
            for call in parameters.hidden(sent, data):
                self._add(call)
            return
        try:
            for said in known.read(sent, arguments(known.types, data[4:])):
                if isinstance(said, Inner):
                    self.read(said.sent, said.data, depth + 1)
                elif isinstance(said, Malformed):
                    self.fault(f"{known.signature} to {sent.to}: {said}")
                else:
                    self._add(said)
        except Malformed as error:
            self.fault(f"{known.signature} to {sent.to}: {error}")

    def fault(self, how: str) -> None:
        """What does not fit; the first is remembered."""
        self.malformed = self.malformed or how

    def _add(self, call: Call) -> None:
        if len(self.calls) < MOST_CALLS:
            self.calls.append(call)
        else:
            self.fault(_MORE)
