"""What a chain says: blocks, canonical or not, logs in them, transactions that wait (EVM).

Addresses and hashes are text, `0x` and lower case; amounts are exact integers of the token's least
unit; `_wei` is of the chain's coin. Everything of one chain travels by one key, `chain_key`.
"""

from msgspec import Struct

from schemas.chain_call import Call
from schemas.chain_event import Event


def chain_key(chain_id: int) -> str:
    """The key that all items of a chain travel by; also its pseudo-instrument's name.

    >>> chain_key(1)
    'evm-1:chain'
    """
    return f"evm-{chain_id}:chain"


class BlockAt(Struct, frozen=True, gc=False):
    """Which block, and when."""

    number: int
    hash: str
    timestamp_s: int


class Head(Struct, frozen=True, gc=False):
    """A new head. Whether it is canonical, only those after it tell."""

    at: BlockAt
    parent_hash: str
    base_fee_wei: int | None  # None: before EIP-1559
    gas_used: int
    gas_limit: int
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None


class Body(Struct, frozen=True, gc=False):
    """The hashes of a block's transactions, in order."""

    block_number: int
    block_hash: str
    transactions: tuple[str, ...]


class Log(Struct, frozen=True, gc=False):
    """A log that was understood. `removed`: its block is no longer canonical."""

    block_number: int
    block_hash: str
    transaction: str
    log_index: int
    address: str  # of the contract that emitted it
    event: Event
    removed: bool = False


class Reading(Struct, frozen=True, gc=False):
    """State that was asked for with `eth_call` at a block: holds from after that block on."""

    block_number: int
    block_hash: str
    address: str
    event: Event  # one of those that say the whole state of something


class TokenMeta(Struct, frozen=True, gc=False):
    """What a token says of itself."""

    address: str
    symbol: str
    decimals: int


class PoolMeta(Struct, frozen=True, gc=False):
    """What of a pool never changes."""

    address: str
    protocol: str  # uniswap-v2, uniswap-v3
    token0: str
    token1: str
    fee_e6: int
    tick_spacing: int  # v2: 1


class Pending(Struct, frozen=True, gc=False):
    """A transaction that waits. Fees are None where its type has none."""

    hash: str
    sender: str
    to: str | None  # None: it creates a contract
    nonce: int
    type: int
    value_wei: int
    gas: int
    gas_price_wei: int | None
    max_fee_wei: int | None
    max_priority_wei: int | None
    selector: str  # "0x" and four bytes; "" without calldata
    calls: tuple[Call, ...]  # what of its calldata was understood, in order of execution


class FeeHistory(Struct, frozen=True, gc=False):
    """Of the last blocks, oldest first: base fees, fullness, priority fees at percentiles."""

    oldest_block: int
    base_fees_wei: tuple[int, ...]  # one more than there are blocks: the next one's too
    gas_used_ratios: tuple[float, ...]
    percentiles: tuple[float, ...]
    priority_fees_wei: tuple[tuple[int, ...], ...]  # by block, then by percentile


class ChainItem(Struct, frozen=True, gc=False):
    """One of these as an item of a connection."""

    instrument: str  # `chain_key`
    connection: str
    received_ns: int
    line: int
    said: Head | Body | Log | Reading | Pending | FeeHistory | TokenMeta | PoolMeta
