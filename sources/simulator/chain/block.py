"""A block as a node shows it: header, transactions, receipts, logs with their places."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sources.simulator.chain.contract import Emitted
from sources.simulator.chain.transaction import Transaction
from sources.simulator.chain.words import hex_of, keccak, quantity

NO_UNCLES: Final = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
BLOB_GAS: Final = 131_072  # of one blob


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction. `tip_wei` is per gas."""

    transaction: Transaction
    succeeded: bool
    logs: tuple[Emitted, ...]
    tip_wei: int
    why: str = ""  # it did not


@dataclass(frozen=True)
class Block:
    """A block, canonical or not."""

    number: int
    parent_hash: str
    timestamp_s: int
    miner: str
    gas_limit: int
    gas_used: int
    base_fee_wei: int
    blobs: int
    excess_blob_gas: int
    state_root: str
    receipts: tuple[Receipt, ...]
    hash: str = ""

    def __post_init__(self) -> None:
        """The hash of the contents."""
        receipts = [(r.transaction.hash, r.succeeded, r.logs) for r in self.receipts]
        parts = (
            self.number, self.parent_hash, self.timestamp_s, self.miner, self.gas_limit,
            self.gas_used, self.base_fee_wei, self.blobs, self.state_root, receipts,
        )  # fmt: skip
        object.__setattr__(self, "hash", hex_of(keccak(repr(parts).encode())))

    def header(self) -> dict[str, Any]:
        """The header as `newHeads` has it."""
        hashes = "".join(r.transaction.hash for r in self.receipts)
        seeds = {
            name: hex_of(keccak(f"{self.hash}/{name}".encode()))
            for name in ("receiptsRoot", "mixHash", "withdrawalsRoot", "parentBeaconBlockRoot",
                         "requestsHash")
        }  # fmt: skip
        return {
            "number": quantity(self.number), "hash": self.hash, "parentHash": self.parent_hash,
            "sha3Uncles": NO_UNCLES, "logsBloom": self.bloom(),
            "transactionsRoot": hex_of(keccak(hashes.encode())), "stateRoot": self.state_root,
            "miner": self.miner, "difficulty": "0x0", "extraData": "0x",
            "gasLimit": quantity(self.gas_limit), "gasUsed": quantity(self.gas_used),
            "timestamp": quantity(self.timestamp_s), "nonce": "0x0000000000000000",
            "baseFeePerGas": quantity(self.base_fee_wei),
            "blobGasUsed": quantity(self.blobs * BLOB_GAS),
            "excessBlobGas": quantity(self.excess_blob_gas), **seeds,
        }  # fmt: skip

    def row(self, *, full: bool) -> dict[str, Any]:
        """The block as `eth_getBlockByHash` has it."""
        transactions: list[Any] = [r.transaction.hash for r in self.receipts]
        if full:
            transactions = [self.transaction(k) for k in range(len(self.receipts))]
        size = 600 + sum(120 + len(r.transaction.data) for r in self.receipts)
        rest = {"size": quantity(size), "uncles": [], "withdrawals": []}
        return self.header() | rest | {"transactions": transactions}

    def transaction(self, index: int) -> dict[str, Any]:
        """A transaction with its place."""
        place = (self.hash, self.number, self.base_fee_wei, index)
        return self.receipts[index].transaction.row(place)

    def logs(self, *, removed: bool = False) -> list[dict[str, Any]]:
        """All logs, in order."""
        rows: list[dict[str, Any]] = []
        for index, receipt in enumerate(self.receipts):
            for log in receipt.logs:
                rows.append({
                    "address": log.address, "topics": list(log.topics), "data": hex_of(log.data),
                    "blockNumber": quantity(self.number), "blockHash": self.hash,
                    "blockTimestamp": quantity(self.timestamp_s),
                    "transactionHash": receipt.transaction.hash,
                    "transactionIndex": quantity(index), "logIndex": quantity(len(rows)),
                    "removed": removed,
                })  # fmt: skip
        return rows

    def receipt(self, index: int) -> dict[str, Any]:
        """The receipt of a transaction."""
        receipt = self.receipts[index]
        tx = receipt.transaction
        spent = sum(one.transaction.burns for one in self.receipts[: index + 1])
        return {
            "transactionHash": tx.hash, "transactionIndex": quantity(index),
            "blockHash": self.hash, "blockNumber": quantity(self.number), "from": tx.sender,
            "to": tx.to, "cumulativeGasUsed": quantity(spent), "gasUsed": quantity(tx.burns),
            "contractAddress": None, "status": quantity(int(receipt.succeeded)),
            "effectiveGasPrice": quantity(self.base_fee_wei + receipt.tip_wei),
            "type": quantity(tx.type), "logsBloom": _bloom(receipt.logs),
            "logs": [row for row in self.logs() if row["transactionHash"] == tx.hash],
        }  # fmt: skip

    def bloom(self) -> str:
        """Of all logs."""
        return _bloom(tuple(log for receipt in self.receipts for log in receipt.logs))


def _bloom(logs: tuple[Emitted, ...]) -> str:
    """2048 bits; three of them for each address and topic."""
    bits = 0
    for log in logs:
        bits |= _bits(log.address)
        for topic in log.topics:
            bits |= _bits(topic)
    return f"0x{bits:0512x}"


@lru_cache(8192)
def _bits(text: str) -> int:
    digest = keccak(bytes.fromhex(text[2:]))
    found = 0
    for place in (0, 2, 4):
        found |= 1 << (int.from_bytes(digest[place : place + 2], "big") & 2047)
    return found
