"""Logs of tokens: ERC-20 transfers, and ERC-721 ones that say nothing."""

from collections.abc import Callable
from typing import Final

from schemas.chain_event import Event, Transfer

CASES: Final[dict[str, Callable[..., tuple[Event, ...]]]] = {
    "Transfer(address indexed from_, address indexed to, uint256 value)": (
        lambda from_, to, value: (Transfer(sender=from_, recipient=to, amount=value),)
    ),
    "Transfer(address indexed from_, address indexed to, uint256 indexed id)": (
        lambda from_, to, id: ()
    ),
}
