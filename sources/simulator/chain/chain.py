"""A chain: canonical blocks, state, mempool. Builds blocks, takes them back, answers calls.

Whoever listens is told of a waiting transaction, of a new head, and of blocks that are canonical
no more (the newest first), in this order of events: removed blocks, then the new ones one by one.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Protocol

from sources.simulator.chain.block import Block, Receipt
from sources.simulator.chain.contract import Contract, Frame, Revert
from sources.simulator.chain.fees import FeeRule
from sources.simulator.chain.mempool import Mempool
from sources.simulator.chain.store import KEPT, Overlay, State, Store
from sources.simulator.chain.transaction import Transaction
from sources.simulator.chain.words import ZERO, hex_of, keccak

KEPT_BLOCKS: Final = 4_096
LEAST_BASE_WEI: Final = 1_000
BLOB_TARGET: Final = 786_432  # gas: 6 blobs
BLOB_GAS: Final = 131_072


@dataclass(frozen=True, slots=True)
class Spec:
    """What makes a chain this chain."""

    chain_id: int
    slot_s: float
    first_block: int
    gas_limit: int
    fees: FeeRule
    base_wei: int  # where it starts, and what users think normal
    late_s: float  # from a block's time to when it is seen, at most
    scale: float  # of liquidity and traffic, Ethereum = 1
    heartbeat_s: float
    deviation: float


ETHEREUM: Final = Spec(
    1, 12.0, 24_000_000, 36_000_000, FeeRule(2, 8), 2_000_000_000, 1.6, 1.0, 3600.0, 0.005
)
BASE: Final = Spec(
    8453, 2.0, 40_000_000, 60_000_000, FeeRule(6, 250), 10_000_000, 0.3, 0.3, 1200.0, 0.0015
)
SPECS: Final = (ETHEREUM, BASE)


class Listener(Protocol):
    """Who hears of a chain."""

    def pending(self, transaction: Transaction) -> None:
        """A transaction began to wait."""

    def removed(self, block: Block) -> None:
        """A block is canonical no more."""

    def headed(self, block: Block) -> None:
        """A block is the new head."""


class Chain:
    """One chain. Contracts are given once, and never change."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.store = Store()
        self.contracts: dict[str, Contract] = {}
        self.blocks: list[Block] = []  # canonical, oldest first
        self.by_hash: dict[str, Block] = {}  # orphans too
        self.places: dict[str, tuple[str, int]] = {}  # transaction → block, index; canonical
        self.listeners: list[Listener] = []
        self.mempool = Mempool(self.nonce)
        self.reorgs: list[tuple[int, int]] = []  # (first number that was taken back, depth)

    @property
    def head(self) -> Block:
        """The newest canonical block."""
        return self.blocks[-1]

    @property
    def next_base_wei(self) -> int:
        """The base fee of the next block."""
        head = self.head
        wei = self.spec.fees.next_wei(head.base_fee_wei, head.gas_used, head.gas_limit)
        return max(LEAST_BASE_WEI, wei)

    def nonce(self, sender: str) -> int:
        """How many transactions of an account are in canonical blocks."""
        return int(self.store.get(("nonce", sender)))

    def block(self, number: int) -> Block | None:
        """A canonical block that is still kept."""
        place = number - self.blocks[0].number
        return self.blocks[place] if 0 <= place < len(self.blocks) else None

    def submit(self, transaction: Transaction, at_s: float) -> bool:
        """Send a transaction; whether the mempool took it."""
        taken = self.mempool.add(transaction, at_s)
        if taken:
            for listener in self.listeners:
                listener.pending(transaction)
        return taken

    # -- blocks ----------------------------------------------------------------------------------

    def begin(self, timestamp_s: int, setup: Callable[[Frame], None]) -> Block:
        """The first block: one transaction that sets everything up."""
        frame = Frame(self.store, self.spec.first_block, timestamp_s, self.contracts)
        setup(frame)
        target = self.spec.gas_limit // self.spec.fees.elasticity
        first = Transaction(self.spec.chain_id, ZERO, ZERO, 0, b"", target, target, 0, 0)
        receipts = (Receipt(first, True, tuple(frame.logs), 0),)
        return self._add("0x" + 64 * "0", timestamp_s, ZERO, self.spec.base_wei, receipts, 0, 0)

    def build(
        self, timestamp_s: int, miner: str, *, blobs: int = 0, without: Collection[str] = ()
    ) -> Block:
        """A block on top of the head, of what waits, by tip."""
        head, base = self.head, self.next_base_wei
        receipts: list[Receipt] = []
        left = self.spec.gas_limit
        skipped: set[str] = set()
        for tip, transaction in self.mempool.best(base):
            fits = transaction.gas <= left and transaction.hash not in without
            if not fits or transaction.sender in skipped:
                skipped.add(transaction.sender)
                continue
            receipts.append(self._execute(transaction, tip, head.number + 1, timestamp_s))
            left -= transaction.burns
        excess = max(0, head.excess_blob_gas + head.blobs * BLOB_GAS - BLOB_TARGET)
        block = self._add(head.hash, timestamp_s, miner, base, tuple(receipts), blobs, excess)
        self.mempool.drop_used()
        return block

    def unwind(self, depth: int, at_s: float) -> list[Block]:
        """Take the last blocks back, the newest first; their transactions wait again."""
        taken = []
        for _ in range(depth):
            self.store.unwind()
            block = self.blocks.pop()
            taken.append(block)
            for receipt in block.receipts:
                self.places.pop(receipt.transaction.hash, None)
            for listener in self.listeners:
                listener.removed(block)
        self.reorgs.append((taken[-1].number, depth))
        for block in reversed(taken):
            for receipt in block.receipts:
                self.mempool.add(receipt.transaction, at_s)
        return taken

    def announce(self, block: Block) -> None:
        """Tell of a head."""
        for listener in self.listeners:
            listener.headed(block)

    def _add(self, parent: str, timestamp_s: int, miner: str, base_wei: int,
             receipts: tuple[Receipt, ...], blobs: int, excess: int) -> Block:  # fmt: skip
        number = self.blocks[-1].number + 1 if self.blocks else self.spec.first_block
        before = self.blocks[-1].state_root if self.blocks else ""
        root = hex_of(keccak(f"{before}{self.store.changes()}".encode()))
        block = Block(
            number, parent, timestamp_s, miner, self.spec.gas_limit,
            sum(r.transaction.burns for r in receipts), base_wei, blobs, excess, root, receipts,
        )  # fmt: skip
        self.store.seal()
        self.blocks.append(block)
        self.by_hash[block.hash] = block
        for index, receipt in enumerate(receipts):
            self.places[receipt.transaction.hash] = (block.hash, index)
        if len(self.blocks) > KEPT_BLOCKS:
            self._forget(self.blocks.pop(0))
        return block

    def _forget(self, block: Block) -> None:
        old = [one for one in self.by_hash.values() if one.number <= block.number]
        for one in old:
            del self.by_hash[one.hash]
        for receipt in block.receipts:
            self.places.pop(receipt.transaction.hash, None)

    def _execute(self, tx: Transaction, tip: int, number: int, timestamp_s: int) -> Receipt:
        self.store.set(("nonce", tx.sender), tx.nonce + 1)
        overlay = Overlay(self.store)
        frame = Frame(overlay, number, timestamp_s, self.contracts)
        try:
            frame.call(tx.to, tx.sender, tx.data)
        except Revert as why:
            return Receipt(tx, False, (), tip, str(why))
        overlay.commit()
        return Receipt(tx, True, tuple(frame.logs), tip)

    # -- questions -------------------------------------------------------------------------------

    def state(self, number: int) -> State:
        """The state after a canonical block. Raises LookupError when it is too old."""
        back = self.head.number - number
        if not 0 <= back < KEPT:
            message = f"state of block {number} is not available"
            raise LookupError(message)
        return self.store.before(back) if back else self.store

    def frame(self, number: int | None = None, timestamp_s: int | None = None) -> Frame:
        """In which to try things out on a block's state: nothing lasts. Raises LookupError."""
        block = self.head if number is None else self.block(number)
        if block is None:
            message = f"block {number} is not available"
            raise LookupError(message)
        at_s = block.timestamp_s if timestamp_s is None else timestamp_s
        state = Overlay(self.state(block.number))
        return Frame(state, block.number, at_s, self.contracts, lasts=False)

    def call(self, to: str, data: bytes, sender: str = ZERO, number: int | None = None) -> bytes:
        """eth_call. Raises Revert, and LookupError for a block whose state is not kept."""
        return self.frame(number).call(to, sender, data)
