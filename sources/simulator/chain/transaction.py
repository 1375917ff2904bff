"""A signed transaction: legacy or with EIP-1559 fees, its hash, its JSON form.

Nobody's key signs here: `r` and `s` are drawn from the hash, and no reader checks them.
"""

from dataclasses import dataclass
from typing import Any, Final

from sources.simulator.chain.words import hex_of, keccak, quantity

LEGACY: Final = 0
DYNAMIC: Final = 2
BUMP: Final = 110  # percent of both fees that a replacement offers at least


@dataclass(frozen=True)
class Transaction:
    """`burns` is the gas it will use, known to the simulation alone; at most `gas`."""

    chain_id: int
    sender: str
    to: str
    nonce: int
    data: bytes
    gas: int
    burns: int
    max_fee_wei: int
    priority_wei: int
    value_wei: int = 0
    type: int = DYNAMIC
    hash: str = ""

    def __post_init__(self) -> None:
        """Hash of everything that is signed."""
        parts = (
            self.chain_id, self.sender, self.to, self.nonce, self.gas,
            self.max_fee_wei, self.priority_wei, self.value_wei, self.type, "",
        )  # fmt: skip
        signed = "|".join(map(str, parts)).encode() + self.data
        object.__setattr__(self, "hash", hex_of(keccak(signed)))

    def replaces(self, other: "Transaction") -> bool:
        """Whether its fees are high enough to take the place of one with the same nonce."""
        return (
            100 * self.max_fee_wei >= BUMP * other.max_fee_wei
            and 100 * self.priority_wei >= BUMP * other.priority_wei
        )

    def row(self, place: tuple[str, int, int, int] | None = None) -> dict[str, Any]:
        """JSON-RPC form. `place`: block hash, number, its base fee, index in it; None: pending."""
        proof = keccak(self.hash.encode()).hex()
        parity = int(proof[0], 16) & 1
        price = self.max_fee_wei
        if place is not None:
            price = min(self.max_fee_wei, place[2] + self.priority_wei)
        row: dict[str, Any] = {
            "blockHash": place and place[0], "blockNumber": place and quantity(place[1]),
            "transactionIndex": place and quantity(place[3]),
            "from": self.sender, "to": self.to, "gas": quantity(self.gas),
            "gasPrice": quantity(price), "hash": self.hash, "input": hex_of(self.data),
            "nonce": quantity(self.nonce), "value": quantity(self.value_wei),
            "type": quantity(self.type), "chainId": quantity(self.chain_id),
            "v": quantity(parity if self.type else 35 + 2 * self.chain_id + parity),
            "r": quantity(int(proof[:63], 16)), "s": quantity(int(proof[1:62], 16)),
        }  # fmt: skip
        if self.type == DYNAMIC:
            row |= {
                "maxFeePerGas": quantity(self.max_fee_wei),
                "maxPriorityFeePerGas": quantity(self.priority_wei),
                "accessList": [], "yParity": quantity(parity),
            }  # fmt: skip
        return row
