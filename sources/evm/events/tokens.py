"""Logs of tokens (ERC-20). An ERC-721 Transfer, whose token id is indexed, says nothing here."""

from typing import Final

from schemas.chain_event import Transfer
from sources.evm.events.form import Form, form, one

FORMS: Final[tuple[Form, ...]] = (
    form("Transfer(address*,address*,uint256)", one(Transfer)),
    form("Transfer(address*,address*,uint256*)", lambda *_: ()),
)
