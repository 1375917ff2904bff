"""Swaps of Uniswap v2's Router02 and of its forks, which share the signatures.

Where the function says ETH, that end of the path is NATIVE instead of the wrapped coin, and the
amount in is the value that is sent along. Source: the router's interface.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from schemas.chain_call import NATIVE
from sources.evm.calldata.sent import Reader, Said, Sent, by_selector
from sources.evm.calldata.swaps import V2, swap

_END: Final = "(uint256,uint256,address[],address,uint256)"
_ETH_IN_END: Final = "(uint256,address[],address,uint256)"
_TAXED: Final = "SupportingFeeOnTransferTokens"


def _reader(exact_in: bool, eth_out: bool = False) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        exact, limit, path, recipient, deadline_s = arguments
        path = (*path[:-1], NATIVE) if eth_out and path else path
        sent = replace(sent, deadline_s=deadline_s)
        yield swap(sent, V2, exact_in, exact, limit, recipient, path)

    return read


def _eth_in(exact_in: bool) -> Reader:
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        out, path, recipient, deadline_s = arguments
        exact, limit = (sent.value_wei, out) if exact_in else (out, sent.value_wei)
        path = (NATIVE, *path[1:]) if path else path
        sent = replace(sent, deadline_s=deadline_s)
        yield swap(sent, V2, exact_in, exact, limit, recipient, path)

    return read


KNOWN: Final = by_selector(
    {
        f"swapExactTokensForTokens{_END}": _reader(exact_in=True),
        f"swapTokensForExactTokens{_END}": _reader(exact_in=False),
        f"swapExactETHForTokens{_ETH_IN_END}": _eth_in(exact_in=True),
        f"swapTokensForExactETH{_END}": _reader(exact_in=False, eth_out=True),
        f"swapExactTokensForETH{_END}": _reader(exact_in=True, eth_out=True),
        f"swapETHForExactTokens{_ETH_IN_END}": _eth_in(exact_in=False),
        f"swapExactTokensForTokens{_TAXED}{_END}": _reader(exact_in=True),
        f"swapExactETHForTokens{_TAXED}{_ETH_IN_END}": _eth_in(exact_in=True),
        f"swapExactTokensForETH{_TAXED}{_END}": _reader(exact_in=True, eth_out=True),
    }
)
