"""Questions to contracts (`eth_call`) and how their answers become readings, without any socket.

A reading may need several rounds: what to ask next follows from what was answered. Each round is
a frozen value; all rounds of one reading must be asked at the same block.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from eth_abi.abi import default_codec
from msgspec import Struct

from sources.evm.abi import Malformed, decoded
from sources.evm.signatures import selector, types_in

Found_co = TypeVar("Found_co", covariant=True)


class Ask(Struct, frozen=True):
    """One `eth_call`: to which contract, with what calldata."""

    to: str
    data: bytes


@runtime_checkable
class Discovery(Protocol[Found_co]):
    """One round of a reading."""

    def asks(self) -> tuple[Ask, ...]:
        """What to ask, at least one call; in any order and any batches, all at one block."""
        ...

    def take(self, results: Sequence[bytes]) -> "Discovery[Found_co] | Found_co":
        """The next round, or the reading. Takes the answers in the order of `asks`.

        A call that failed answers b"". Raises Malformed when an answer does not fit its call.
        """
        ...


def ask(to: str, signature: str, *values: object) -> Ask:
    """A call of a function with these arguments.

    >>> ask("0x01", "balanceOf(address)", "0x" + "00" * 20).data[:4].hex()
    '70a08231'
    """
    return Ask(to, selector(signature) + default_codec.encode(types_in(signature), values))


def counted(asks: Sequence[Ask], results: Sequence[bytes]) -> Sequence[bytes]:
    """The answers, when there are as many as calls. Raises Malformed."""
    if len(results) != len(asks):
        message = f"{len(results)} answers to {len(asks)} calls"
        raise Malformed(message)
    return results


def value(kind: str, data: bytes) -> Any:
    """The first value of an answer, whatever follows it. Raises Malformed."""
    (found,) = decoded((kind,), data)
    return found
