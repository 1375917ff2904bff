"""Logs of Compound v2 markets and their forks; nothing in them is indexed. Source: CToken."""

from typing import Final

from schemas.chain_event import LiquidateBorrow
from sources.evm.events.form import Form, form, one

FORMS: Final[tuple[Form, ...]] = (
    form("LiquidateBorrow(address,address,uint256,address,uint256)", one(LiquidateBorrow)),
)
