"""Calls that carry calls: multicalls, forwarders, and what executes for a council or a timelock.

A multicall keeps its caller and its value for each part; everything else calls in its own name.
A timelock names the function as text, beside its arguments, or as their first four bytes.
Sources: the contracts' interfaces (router multicalls, AuthorizedForwarder, Multicall3, Safe,
Compound's and OpenZeppelin's timelocks, Aave's executor).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from sources.evm.abi import Malformed
from sources.evm.calldata import parameters
from sources.evm.calldata.sent import Inner, Reader, Said, Sent, by_selector

_SIGNATURES: Final[Mapping[bytes, bytes]] = {
    known.signature.encode(): code for code, known in parameters.KNOWN.items()
}


def _multicall(sent: Sent, arguments: Any) -> Iterator[Said]:
    for data in arguments[-1]:
        yield Inner(sent, data)


def _multicall_dated(sent: Sent, arguments: Any) -> Iterator[Said]:
    yield from _multicall(replace(sent, deadline_s=arguments[0]), arguments)


def _forward(sent: Sent, arguments: Any) -> Iterator[Said]:
    to, data = arguments
    yield Inner(Sent(to, 0, sent.to), data)


def _multi_forward(sent: Sent, arguments: Any) -> Iterator[Said]:
    contracts, parts = arguments
    yield from _batch(sent, contracts, (0,) * len(contracts), parts)


def _aggregate(sent: Sent, arguments: Any) -> Iterator[Said]:
    # Of each part: contract, perhaps whether it may fail and its value, data.
    for to, *between, data in arguments[-1]:
        value = between[1] if len(between) == 2 else 0
        yield Inner(Sent(to, value, sent.to), data)


def _execute(sent: Sent, arguments: Any) -> Iterator[Said]:
    to, value, data, *_ = arguments
    yield Inner(Sent(to, value, sent.to), data)


def _execute_batch(sent: Sent, arguments: Any) -> Iterator[Said]:
    contracts, values, parts, *_ = arguments
    yield from _batch(sent, contracts, values, parts)


def _timelock(sent: Sent, arguments: Any) -> Iterator[Said]:
    to, value, signature, data, *_ = arguments
    if signature:
        # Only signatures that are known: the rest would be unknown by their selector as well.
        data = _SIGNATURES.get(signature.encode(), bytes(4)) + data
    yield Inner(Sent(to, value, sent.to), data)


def _batch(
    sent: Sent, contracts: tuple[str, ...], values: tuple[int, ...], parts: tuple[bytes, ...]
) -> Iterator[Said]:
    if not len(contracts) == len(values) == len(parts):
        message = f"{len(contracts)} contracts, {len(values)} values, {len(parts)} calls"
        raise Malformed(message)
    for to, value, data in zip(contracts, values, parts, strict=True):
        yield Inner(Sent(to, value, sent.to), data)


_READERS: Final[dict[str, Reader]] = {
    "multicall(bytes[])": _multicall,
    "multicall(uint256,bytes[])": _multicall_dated,
    "multicall(bytes32,bytes[])": _multicall,
    "forward(address,bytes)": _forward,
    "ownerForward(address,bytes)": _forward,
    "multiForward(address[],bytes[])": _multi_forward,
    "aggregate((address,bytes)[])": _aggregate,
    "tryAggregate(bool,(address,bytes)[])": _aggregate,
    "aggregate3((address,bool,bytes)[])": _aggregate,
    "aggregate3Value((address,bool,uint256,bytes)[])": _aggregate,
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)": (
        _execute
    ),
    "execute(address,uint256,bytes,bytes32,bytes32)": _execute,
    "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)": _execute_batch,
    "executeTransaction(address,uint256,string,bytes,uint256)": _timelock,
    "executeTransaction(address,uint256,string,bytes,uint256,bool)": _timelock,
}
KNOWN: Final = by_selector(_READERS)
