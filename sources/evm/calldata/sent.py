"""A call as it reaches a contract, and what readers of calldata make of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from schemas.chain_call import Call
from sources.evm.abi import Malformed
from sources.evm.signatures import selector, types_in

EVERYTHING: Final = (1 << 256) - 1
_SENDER_ITSELF: Final = "0x" + "1".rjust(40, "0")  # how routers write their caller …
_ROUTER_ITSELF: Final = "0x" + "2".rjust(40, "0")  # … and themselves as recipients


class Sent(Struct, frozen=True, gc=False):
    """Who calls whom with how much of the chain's coin, under which deadline of an outer call."""

    to: str
    value_wei: int
    sender: str
    deadline_s: int | None = None

    def recipient(self, address: str) -> str:
        """The address that a router means: 1 stands for its caller, 2 for the router."""
        if address == _SENDER_ITSELF:
            return self.sender
        return self.to if address == _ROUTER_ITSELF else address


class Inner(Struct, frozen=True):
    """A call inside a call, to be read in its turn."""

    sent: Sent
    data: bytes


# A Malformed among them says that one part does not fit; those after it may still be read.
Said = Call | Inner | Malformed
Reader = Callable[[Sent, Any], Iterable[Said]]


class Known(Struct, frozen=True):
    """A function whose calldata is understood. Its reader may raise Malformed."""

    signature: str
    types: tuple[str, ...]
    read: Reader


def by_selector(readers: Mapping[str, Reader]) -> dict[bytes, Known]:
    """Readers by signature → known functions by selector."""
    return {
        selector(signature): Known(signature, types_in(signature), read)
        for signature, read in readers.items()
    }


def nothing(_sent: Sent, _arguments: Any) -> tuple[Said, ...]:
    """Of functions that are known and say nothing that concerns anybody."""
    return ()


def all_or(amount: int) -> int | None:
    """An amount of a lending call: 2^256 − 1 stands for all there is, which is None."""
    return None if amount == EVERYTHING else amount
