"""Plans of Uniswap's Universal Router: a byte per command, each with its own bytes of input.

How much of the byte is the command depends on the router: six bits up to v2.0 and seven from v2.1
on. Of routers that are not listed here (other chains, forks) it is seven bits where that is a
command, else six. The first routers have no v4; command 0x10 was something else there.

An amount of 2^255 is all that the router holds, 0 what was paid to it before: both None. Inputs of
v3 and v2 swaps have grown a last field (least price per hop), which offsets step over.
Source: Commands and Dispatcher of universal-router; addresses are those on Ethereum.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from schemas.chain_call import NATIVE, TokenMove
from sources.evm.abi import Malformed
from sources.evm.calldata import uniswap_v4
from sources.evm.calldata.sent import Inner, Said, Sent, by_selector
from sources.evm.calldata.swaps import V2, swap, v3_swap
from sources.evm.nested import arguments
from sources.evm.signatures import selector

_FIRST: Final = frozenset(
    ("0xef1c6e67703c7bd7107eed8303fbe6ec2554bf6b", "0x3fc91a3afd70395cd496c647d5a6cc9d4b2b7fad")
)
_SIX_BITS: Final = _FIRST | {"0x66a9893cc07d91d95644aedd05d03f95e1dba8af"}
_SEVEN_BITS: Final = frozenset(
    ("0x4c82d1fbfe28c977cbb58d8c7ff8fcf9f70a2cca", "0x23617e59a5925b2a4bf75d73ff6711cd0b29de85")
)
_BRIDGE: Final = 0x40
_HELD: Final = 1 << 255
_PLAN: Final = "execute(bytes,bytes[])"

_Read = Callable[[Sent, Any], Iterator[Said]]


def _v3(exact_in: bool) -> _Read:
    def read(sent: Sent, values: Any) -> Iterator[Said]:
        to, exact, limit, path, _payer_is_user = values
        yield v3_swap(sent, exact_in, _held_or(exact_in, exact), limit, sent.recipient(to), path)

    return read


def _v2(exact_in: bool) -> _Read:
    def read(sent: Sent, values: Any) -> Iterator[Said]:
        to, exact, limit, path, _payer_is_user = values
        amount = _held_or(exact_in, exact)
        yield swap(sent, V2, exact_in, amount, limit, sent.recipient(to), path)

    return read


def _v4(sent: Sent, values: Any) -> Iterator[Said]:
    if sent.to not in _FIRST:
        yield from uniswap_v4.swaps(sent, *values)


def _wrap(sent: Sent, values: Any) -> Iterator[Said]:
    to, amount = values
    amount = None if amount == _HELD else amount
    yield TokenMove(NATIVE, "wrap", sent.recipient(to), amount)


def _unwrap(sent: Sent, values: Any) -> Iterator[Said]:
    yield TokenMove(NATIVE, "unwrap", sent.recipient(values[0]), None)


def _move(sent: Sent, values: Any) -> Iterator[Said]:
    token, to, amount = values
    yield TokenMove(token, "transfer", sent.recipient(to), None if amount == _HELD else amount)


def _part(sent: Sent, values: Any) -> Iterator[Said]:
    token, to, _least_or_share = values
    yield TokenMove(token, "transfer", sent.recipient(to), None)


def _held_or(exact_in: bool, amount: int) -> int | None:
    return None if exact_in and amount in (0, _HELD) else amount


_PAID: Final = ("address", "address", "uint256")
_V3_SWAP: Final = ("address", "uint256", "uint256", "bytes", "bool")
_V2_SWAP: Final = ("address", "uint256", "uint256", "address[]", "bool")
_COMMANDS: Final[dict[int, tuple[tuple[str, ...], _Read]]] = {
    0x00: (_V3_SWAP, _v3(exact_in=True)),
    0x01: (_V3_SWAP, _v3(exact_in=False)),
    0x02: (("address", "address", "uint160"), _move),  # from the caller, through Permit2
    0x04: (_PAID, _part),
    0x05: (_PAID, _move),
    0x06: (_PAID, _part),
    0x08: (_V2_SWAP, _v2(exact_in=True)),
    0x09: (_V2_SWAP, _v2(exact_in=False)),
    0x0B: (("address", "uint256"), _wrap),
    0x0C: (("address", "uint256"), _unwrap),
    0x10: (("bytes", "bytes[]"), _v4),
}
_SUB_PLAN: Final = 0x21


def _command(router: str, byte: int) -> int:
    six, seven = byte & 0x3F, byte & 0x7F
    if router in _SIX_BITS or (router not in _SEVEN_BITS and seven > 0x3F and seven != _BRIDGE):
        return six
    return seven


def _plan(sent: Sent, values: Any) -> Iterator[Said]:
    commands, inputs = values
    if len(commands) != len(inputs):
        message = f"{len(commands)} commands with {len(inputs)} inputs"
        raise Malformed(message)
    for byte, data in zip(commands, inputs, strict=True):
        command = _command(sent.to, byte)
        if command == _SUB_PLAN:
            yield Inner(sent, selector(_PLAN) + data)
        elif command in _COMMANDS:
            types, read = _COMMANDS[command]
            try:
                yield from read(sent, arguments(types, data))
            except Malformed as error:
                yield error


def _dated(sent: Sent, values: Any) -> Iterator[Said]:
    commands, inputs, *_, deadline_s = values
    yield from _plan(replace(sent, deadline_s=deadline_s), (commands, inputs))


KNOWN: Final = by_selector(
    {
        _PLAN: _plan,
        "execute(bytes,bytes[],uint256)": _dated,
        "executeSigned(bytes,bytes[],bytes32,bytes32,bool,bytes32,bytes,uint256)": _dated,
    }
)
