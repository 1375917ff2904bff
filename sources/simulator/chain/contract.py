"""What a contract is: an address, functions by selector, logs, and refusal (`Revert`).

Transactions and `eth_call` go the same way: calldata in, ABI-encoded answer out. Inside a chain
contracts also call each other's Python methods, which is the same without the encoding.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sources.simulator.chain.store import State
from sources.simulator.chain.words import Event, decoded, encoded, selector, types_of


class Revert(Exception):
    """A contract refuses; nothing that its transaction did holds."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """A log as a contract emits it."""

    address: str
    topics: tuple[str, ...]
    data: bytes


@dataclass(slots=True)
class Frame:
    """In which a transaction runs: state, block, and the logs so far."""

    state: State
    number: int
    timestamp_s: int
    contracts: Mapping[str, "Contract"]
    logs: list[Emitted] = field(default_factory=list)
    lasts: bool = True  # False: nobody will read the logs

    def emit(self, address: str, event: Event, *values: Any) -> None:
        """Emit a log."""
        if self.lasts:
            self.logs.append(Emitted(address, event.topics(values), event.data(values)))

    def call(self, to: str, sender: str, data: bytes) -> bytes:
        """Call whatever is at an address; nothing happens where no contract is. Raises Revert."""
        contract = self.contracts.get(to)
        return b"" if contract is None else contract.call(self, sender, data)


def require(holds: bool, otherwise: str) -> None:
    """Raises Revert unless it holds."""
    if not holds:
        raise Revert(otherwise)


Function = Callable[..., Any]  # of (frame, sender, *arguments); the outputs as a tuple, or None


class Contract:
    """A contract; those that do something expose functions."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._functions: dict[bytes, tuple[tuple[str, ...], Function, str]] = {}

    def expose(self, signature: str, function: Function, outputs: str = "()") -> None:
        """Make a function callable; `outputs` are the types of what it answers, in parentheses."""
        known = (types_of(signature), function, outputs)
        self._functions[selector(signature)] = known

    def call(self, frame: Frame, sender: str, data: bytes) -> bytes:
        """Run calldata. Raises Revert."""
        found = self._functions.get(data[:4])
        if found is None:
            message = "execution reverted"
            raise Revert(message)
        types, function, outputs = found
        try:
            values = decoded(types, data[4:])
        except ValueError as error:
            message = "execution reverted: calldata"
            raise Revert(message) from error
        answer = function(frame, sender, *values)
        return encoded(types_of(outputs), answer) if answer is not None else b""
