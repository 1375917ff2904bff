"""Swaps of Uniswap v4 as a V4_SWAP command has them: actions, one byte each, with parameters.

Two layouts of the parameters are in use; the newer has a least price (or prices) per hop before
the last field. They are told apart by where their own offset points: with one word more in the
head, it points one word further. What fits neither is Malformed.

An amount of 0 is all that is open (None). What a swap yields stays in the router until it is
taken: the recipient is that of the next TAKE or TAKE_ALL of its last token, else the router.
Currency 0 is NATIVE. Source: IV4Router and CalldataDecoder of v4-periphery.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import Swap
from sources.evm.abi import Malformed
from sources.evm.calldata.sent import Said, Sent
from sources.evm.calldata.swaps import V4, swap
from sources.evm.nested import WORD, arguments, word

_IN_SINGLE, _IN, _OUT_SINGLE, _OUT = 0x06, 0x07, 0x08, 0x09
_TAKE, _TAKE_ALL = 0x0E, 0x0F
_HUNDRED_PERCENT_E6: Final = 1_000_000  # beyond it, a fee is a flag: the pool's hook decides

_KEY: Final = "(address,address,uint24,int24,address)"
_STEPS: Final = "(address,uint24,int24,address,bytes)[]"
# By the word of the head that holds the offset, what it holds, and the types if it does.
_SINGLE_LAYOUTS: Final = (
    (8, 0x120, f"({_KEY},bool,uint128,uint128,bytes)"),
    (9, 0x140, f"({_KEY},bool,uint128,uint128,uint256,bytes)"),
)
_PATH_LAYOUTS: Final = (
    (1, 0x80, f"(address,{_STEPS},uint128,uint128)"),
    (1, 0xA0, f"(address,{_STEPS},uint256[],uint128,uint128)"),
)


def swaps(sent: Sent, actions: bytes, parameters: tuple[bytes, ...]) -> Iterator[Said]:
    """The swaps among the actions, in order. Raises Malformed."""
    if len(actions) != len(parameters):
        message = f"{len(actions)} actions with {len(parameters)} parameters"
        raise Malformed(message)
    taken = tuple(_taken(sent, *pair) for pair in zip(actions, parameters, strict=True))
    for at, (action, data) in enumerate(zip(actions, parameters, strict=True)):
        if _IN_SINGLE <= action <= _OUT:
            try:
                yield _swap(sent, action, data, taken[at + 1 :])
            except Malformed as error:
                yield error


def _swap(sent: Sent, action: int, data: bytes, taken: tuple[Any, ...]) -> Swap:
    if action in (_IN_SINGLE, _OUT_SINGLE):
        key, zero_for_one, exact, limit, *_ = _struct(data, _SINGLE_LAYOUTS)
        path = key[:2] if zero_for_one else (key[1], key[0])
        fees = (key[2],)
    else:
        end, steps, *_, exact, limit = _struct(data, _PATH_LAYOUTS)
        middle = tuple(step[0] for step in steps)
        path = (end, *middle) if action == _IN else (*middle, end)
        fees = tuple(step[1] for step in steps)
    known = all(fee <= _HUNDRED_PERCENT_E6 for fee in fees)
    recipient = next((whose for token, whose in taken if token == path[-1]), sent.to)
    return swap(
        sent, V4, action in (_IN_SINGLE, _IN), exact or None, limit, recipient, path,
        fees if known else (),
    )  # fmt: skip


def _struct(data: bytes, layouts: tuple[tuple[int, int, str], ...]) -> Any:
    base = word(data, 0)
    for at, offset, kind in layouts:
        if word(data, base + at * WORD) == offset:
            return arguments((kind,), data)[0]
    message = "parameters of a v4 swap in neither layout"
    raise Malformed(message)


def _taken(sent: Sent, action: int, data: bytes) -> tuple[str, str]:
    # The token of a TAKE and who gets it; a token that is none for anything else.
    if action not in (_TAKE, _TAKE_ALL):
        return "", ""
    try:
        if action == _TAKE_ALL:
            return arguments(("address", "uint256"), data)[0], sent.sender
        token, recipient, _ = arguments(("address", "address", "uint256"), data)
    except Malformed:
        return "", ""
    return token, sent.recipient(recipient)
