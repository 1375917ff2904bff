"""What a node says, as structs, and their numbers: `0x` hex without leading zeros."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from schemas.chain import BlockAt, Body, FeeHistory, Head
from schemas.control import Reason
from sources.evm.rpc import Frame
from sources.wire_numbers import Refused

_HASH: Final = r"^0x[0-9a-fA-F]{64}$"
_ADDRESS: Final = r"^0x[0-9a-fA-F]{40}$"
NOTHING: Final = (b"", b"null")  # results that are none
_REVERTED: Final = 3  # code of an error
Hash = Annotated[str, Meta(pattern=_HASH)]
Address = Annotated[str, Meta(pattern=_ADDRESS)]
Quantity = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{1,64}$")]
Hex = Annotated[str, Meta(pattern=r"^0x([0-9a-fA-F]{2})*$")]


class WireBlock(Struct, rename="camel"):
    """A header; with `transactions` an answer to eth_getBlockByHash."""

    number: Quantity
    hash: Hash
    parent_hash: Hash
    timestamp: Quantity
    gas_used: Quantity
    gas_limit: Quantity
    base_fee_per_gas: Quantity | None = None
    blob_gas_used: Quantity | None = None
    excess_blob_gas: Quantity | None = None
    transactions: list[Hash] | None = None


class WireLog(Struct, rename="camel"):
    """A log. Pending ones have no block: they are none of ours."""

    address: Address
    topics: list[Hash]
    data: Hex
    block_number: Quantity
    block_hash: Hash
    transaction_hash: Hash
    log_index: Quantity
    removed: bool = False


class WireTransaction(Struct, rename="camel"):
    """A transaction; `block_hash` is null while it waits. Unknown types have no fees of ours."""

    hash: Hash
    sender: Address = msgspec.field(name="from")
    nonce: Quantity
    gas: Quantity
    input: Hex
    value: Quantity = "0x0"
    to: Address | None = None
    type: Quantity = "0x0"
    gas_price: Quantity | None = None
    max_fee_per_gas: Quantity | None = None
    max_priority_fee_per_gas: Quantity | None = None
    block_hash: Hash | None = None


class WireFees(Struct, rename="camel"):
    """An answer to eth_feeHistory. No rewards where no percentiles were asked for."""

    oldest_block: Quantity
    base_fee_per_gas: list[Quantity]
    gas_used_ratio: list[float]
    reward: list[list[Quantity]] | None = None


def read(kind: Any, data: msgspec.Raw | bytes) -> Any:
    """Data as one of the structs above. Raises Refused."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        known = "missing required" in str(error)
        reason = Reason.missing_field if known else Reason.wrong_type
        raise Refused(reason, str(error)) from error
    except msgspec.DecodeError as error:
        raise Refused(Reason.not_json, str(error)) from error


def call_result(frame: Frame) -> bytes | None:
    """What a call gave; b"" when the contract refused it, None when the node has not run it.

    Raises Refused.
    """
    if frame.error is not None:
        refused = frame.error.code == _REVERTED or "revert" in frame.error.message
        return b"" if refused or frame.error.is_final else None
    if bytes(frame.result) in NOTHING:
        return None
    return bytes.fromhex(read(Hex, frame.result)[2:])


def number(text: str) -> int:
    """A quantity.

    >>> number("0x1a")
    26
    """
    return int(text, 16)


def maybe(text: str | None) -> int | None:
    """A quantity that may be unknown."""
    return None if text is None else int(text, 16)


def head_of(wire: WireBlock) -> Head:
    """A header in our words."""
    return Head(
        at=BlockAt(number(wire.number), wire.hash.lower(), number(wire.timestamp)),
        parent_hash=wire.parent_hash.lower(),
        base_fee_wei=maybe(wire.base_fee_per_gas),
        gas_used=number(wire.gas_used),
        gas_limit=number(wire.gas_limit),
        blob_gas_used=maybe(wire.blob_gas_used),
        excess_blob_gas=maybe(wire.excess_blob_gas),
    )


def body_of(wire: WireBlock) -> Body:
    """The transactions of a block, by hash."""
    hashes = tuple(x.lower() for x in wire.transactions or ())
    return Body(number(wire.number), wire.hash.lower(), hashes)


def fees_of(wire: WireFees, percentiles: tuple[float, ...]) -> FeeHistory:
    """Fees in our words. Raises Refused when its lists do not belong together."""
    blocks = len(wire.gas_used_ratio)
    rewards = wire.reward or []
    fits = len(wire.base_fee_per_gas) == blocks + 1 and (
        not rewards
        or (len(rewards) == blocks and all(len(row) == len(percentiles) for row in rewards))
    )
    if not fits:
        raise Refused(Reason.wrong_type, "fee history: its lists differ in length")
    return FeeHistory(
        oldest_block=number(wire.oldest_block),
        base_fees_wei=tuple(map(number, wire.base_fee_per_gas)),
        gas_used_ratios=tuple(wire.gas_used_ratio),
        percentiles=percentiles if rewards else (),
        priority_fees_wei=tuple(tuple(map(number, row)) for row in rewards),
    )
