"""Calls of tokens: ERC-20 moves and allowances; wrapping and unwrapping of the chain's coin.

An allowance of 2^256 − 1 is stated as it is. Source: ERC-20; the WETH9 contract.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import TokenMove
from sources.evm.calldata.sent import Said, Sent, by_selector


def _transfer(sent: Sent, arguments: Any) -> Iterator[Said]:
    *_, recipient, amount = arguments
    yield TokenMove(sent.to, "transfer", recipient, amount)


def _approve(sent: Sent, arguments: Any) -> Iterator[Said]:
    spender, amount = arguments
    yield TokenMove(sent.to, "approve", spender, amount)


def _wrap(sent: Sent, _arguments: Any) -> Iterator[Said]:
    yield TokenMove(sent.to, "wrap", sent.sender, sent.value_wei)


def _unwrap(sent: Sent, arguments: Any) -> Iterator[Said]:
    yield TokenMove(sent.to, "unwrap", sent.sender, arguments[0])


KNOWN: Final = by_selector(
    {
        "transfer(address,uint256)": _transfer,
        "transferFrom(address,address,uint256)": _transfer,
        "approve(address,uint256)": _approve,
        "deposit()": _wrap,
        "withdraw(uint256)": _unwrap,
    }
)
