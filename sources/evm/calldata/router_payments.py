"""What routers of Uniswap v3 do beside swapping: payments with what they hold, and permits.

Their amounts only execution decides, None, unless the call says them. `to` of a move is the token;
of wrapping and unwrapping inside a router it is NATIVE, for the call does not name the wrapped
coin's contract. Source: the periphery's interfaces (with fees and without).
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import NATIVE, TokenMove
from sources.evm.calldata.sent import Reader, Said, Sent, by_selector, nothing


def _unwrap(sent: Sent, arguments: Any) -> Iterator[Said]:
    _least, recipient, *_fee = arguments
    yield TokenMove(NATIVE, "unwrap", recipient, None)


def _unwrap_to_sender(sent: Sent, _arguments: Any) -> Iterator[Said]:
    yield TokenMove(NATIVE, "unwrap", sent.sender, None)


def _wrap(sent: Sent, arguments: Any) -> Iterator[Said]:
    yield TokenMove(NATIVE, "wrap", sent.to, arguments[0])


def _sweep(sent: Sent, arguments: Any) -> Iterator[Said]:
    token, _least, recipient, *_fee = arguments
    yield TokenMove(token, "transfer", recipient, None)


def _sweep_to_sender(sent: Sent, arguments: Any) -> Iterator[Said]:
    yield TokenMove(arguments[0], "transfer", sent.sender, None)


def _pull(sent: Sent, arguments: Any) -> Iterator[Said]:
    token, amount = arguments
    yield TokenMove(token, "transfer", sent.to, amount)


_PERMIT: Final = "(address,uint256,uint256,uint8,bytes32,bytes32)"
_READERS: Final[dict[str, Reader]] = {
    "unwrapWETH9(uint256,address)": _unwrap,
    "unwrapWETH9WithFee(uint256,address,uint256,address)": _unwrap,
    "unwrapWETH9(uint256)": _unwrap_to_sender,
    "unwrapWETH9WithFee(uint256,uint256,address)": _unwrap_to_sender,
    "wrapETH(uint256)": _wrap,
    "sweepToken(address,uint256,address)": _sweep,
    "sweepTokenWithFee(address,uint256,address,uint256,address)": _sweep,
    "sweepToken(address,uint256)": _sweep_to_sender,
    "sweepTokenWithFee(address,uint256,uint256,address)": _sweep_to_sender,
    "pull(address,uint256)": _pull,
    "refundETH()": nothing,
    f"selfPermit{_PERMIT}": nothing,
    f"selfPermitIfNecessary{_PERMIT}": nothing,
    f"selfPermitAllowed{_PERMIT}": nothing,
    f"selfPermitAllowedIfNecessary{_PERMIT}": nothing,
}
KNOWN: Final = by_selector(_READERS)
