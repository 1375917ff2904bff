"""Swaps of Uniswap v3's SwapRouter and of SwapRouter02, the v2 swaps of the latter included.

The structs differ in one field: SwapRouter02 has no deadline but that of its multicall. Only there
is an exact amount in of 0 all that the router holds (None), and the recipients 1 and 2 its caller
and itself; the first router writes itself as 0. Source: their interfaces.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from schemas.chain_call import NATIVE
from sources.evm.calldata.sent import Reader, Said, Sent, by_selector
from sources.evm.calldata.swaps import V2, V3, swap, v3_swap

_NOBODY: Final = NATIVE


def _single(exact_in: bool) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        token_in, token_out, fee, recipient, deadline_s, exact, limit, _ = arguments[0]
        sent = replace(sent, deadline_s=deadline_s)
        recipient = _first_routers(sent, recipient)
        yield swap(sent, V3, exact_in, exact, limit, recipient, (token_in, token_out), (fee,))

    return read


def _along(exact_in: bool) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        path, recipient, deadline_s, exact, limit = arguments[0]
        sent = replace(sent, deadline_s=deadline_s)
        yield v3_swap(sent, exact_in, exact, limit, _first_routers(sent, recipient), path)

    return read


def _single02(exact_in: bool) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        token_in, token_out, fee, to, amount, limit, _ = arguments[0]
        exact, recipient = _held_or(exact_in, amount), sent.recipient(to)
        yield swap(sent, V3, exact_in, exact, limit, recipient, (token_in, token_out), (fee,))

    return read


def _along02(exact_in: bool) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        path, to, amount, limit = arguments[0]
        exact = _held_or(exact_in, amount)
        yield v3_swap(sent, exact_in, exact, limit, sent.recipient(to), path)

    return read


def _v2(exact_in: bool) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        amount, limit, path, to = arguments
        exact = _held_or(exact_in, amount)
        yield swap(sent, V2, exact_in, exact, limit, sent.recipient(to), path)

    return read


def _first_routers(sent: Sent, recipient: str) -> str:
    return sent.to if recipient == _NOBODY else recipient


def _held_or(exact_in: bool, amount: int) -> int | None:
    return None if exact_in and amount == 0 else amount


_SINGLE: Final = "((address,address,uint24,address,uint256,uint256,uint256,uint160))"
_SINGLE02: Final = "((address,address,uint24,address,uint256,uint256,uint160))"
_ALONG: Final = "((bytes,address,uint256,uint256,uint256))"
_ALONG02: Final = "((bytes,address,uint256,uint256))"
_V2: Final = "(uint256,uint256,address[],address)"

KNOWN: Final = by_selector(
    {
        f"exactInputSingle{_SINGLE}": _single(exact_in=True),
        f"exactOutputSingle{_SINGLE}": _single(exact_in=False),
        f"exactInput{_ALONG}": _along(exact_in=True),
        f"exactOutput{_ALONG}": _along(exact_in=False),
        f"exactInputSingle{_SINGLE02}": _single02(exact_in=True),
        f"exactOutputSingle{_SINGLE02}": _single02(exact_in=False),
        f"exactInput{_ALONG02}": _along02(exact_in=True),
        f"exactOutput{_ALONG02}": _along02(exact_in=False),
        f"swapExactTokensForTokens{_V2}": _v2(exact_in=True),
        f"swapTokensForExactTokens{_V2}": _v2(exact_in=False),
    }
)
