"""An EVM node over JSON-RPC: heads, logs, transactions that wait, answers to what was asked.

subscriptions ─▶ head ─▶ asked: its logs, its transactions, fees; missing ancestors
                 log, transaction or hash ─▶ items
answers (by id, see `rpc`) ─▶ the same items

Nothing here decides what is canonical: all blocks and logs that the node tells of go on, also
twice; `models/chain/canon.py` orders them. Facts: the protocol sheet, part 8.
"""

import re
from typing import Any, Final

import msgspec

from schemas.chain import ChainItem, Log, Pending, PoolMeta, Reading, TokenMeta, chain_key
from schemas.chain_contract import ChainSettings
from schemas.chain_event import V3Swap
from schemas.control import QUESTION, Granted, Reason, Wish
from schemas.instrument import Instrument
from sources.evm import rpc, wire
from sources.evm.abi import Malformed
from sources.evm.ancestry import Ancestry
from sources.evm.calldata.calls import calls_in
from sources.evm.events import events_of
from sources.evm.filters import log_filters
from sources.evm.inquiry import Inquiry
from sources.evm.questions import Questions
from sources.evm.wanted import first_readings, following, said_by
from sources.in_band import InBand
from sources.wire_numbers import Refused

SYMBOL: Final = "chain"
_LOOKUPS: Final = 256  # transactions asked for by hash at a time
_READ: Final = re.compile(r"read:([^:]+):([0-9]{1,9}):([0-9]{1,9})")
_COUNTED: Final = 500  # unknown selectors that are counted by name
_FRAMES: Final = msgspec.json.Decoder(list[rpc.Frame] | rpc.Frame)


class EvmNode:
    """Reads the node of one chain; its settings say which logs and readings are wanted."""

    def __init__(self, chain: ChainSettings) -> None:
        self.chain = chain
        self.venue = f"evm-{chain.id}"
        self.key = chain_key(chain.id)
        self.filters = log_filters(chain)
        self.ancestry = Ancestry()
        self.questions = Questions()
        self.inquiry = Inquiry(first_readings(chain))
        self._again = False  # after a loss: what is open is wished for anew

    def infer(self, symbol: str) -> Instrument:
        """The chain itself, as something that gets clocks."""
        name = f"{self.venue}:{symbol}"
        return Instrument(name=name, asset="", quote="", kind="chain", price_decimals=None)

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        """Nothing is asked over REST."""
        session.counts["unknown answer"] += 1

    def read(self, payload: bytes, session: InBand) -> None:
        """One frame: a notice, an answer, or a batch of answers."""
        try:
            frames = _FRAMES.decode(payload)
        except msgspec.ValidationError as error:
            raise Refused(Reason.wrong_type, str(error)) from error
        except msgspec.DecodeError as error:
            raise Refused(Reason.not_json, str(error)) from error
        session.meet(SYMBOL)
        if self._again:
            self._again = False
            for url in self.questions.urls():
                self._wish(url, session)
        for frame in frames if isinstance(frames, list) else (frames,):
            if frame.params is not None:
                self._notice(frame.params.result, session)
            elif isinstance(frame.id, str):
                self._answer(frame.id, frame, session)
            else:
                session.counts["unknown frame"] += 1

    # -- what subscriptions say ----------------------------------------------------------------

    def _notice(self, result: msgspec.Raw, session: InBand) -> None:
        text = bytes(result)
        if text.startswith(b'"'):
            self._hash(wire.read(wire.Hash, result).lower(), session)
        elif b'"parentHash"' in text:
            self._head(wire.read(wire.WireBlock, result), session)
        elif b'"topics"' in text:
            self._log(wire.read(wire.WireLog, result), session)
        elif b'"nonce"' in text:
            self._pending(wire.read(wire.WireTransaction, result), session)
        else:
            session.counts["unknown notice"] += 1  # `syncing`, or what nodes will say one day

    def _head(self, header: wire.WireBlock, session: InBand) -> None:
        head = wire.head_of(header)
        if self.ancestry.out_of_reach(head.at.number):
            session.counts["blocks out of reach"] += 1
            self.ancestry.forget()
            self.inquiry.undone(0)  # nothing leads from what was read to here
        newest = self.ancestry.newest
        fresh = self.ancestry.take(head.at.number, head.at.hash, head.parent_hash)
        self._item(head, session)
        if header.transactions is not None:
            self._item(wire.body_of(header), session)
        elif fresh:
            self._ask(f"block:{head.at.hash}", rpc.block(head.at.hash), session)
        if not fresh:
            return
        for place, log_filter in enumerate(self.filters):
            name = f"logs:{head.at.hash}:{place}"
            self._ask(name, rpc.logs(head.at.hash, place, log_filter), session)
        if head.at.number <= newest:  # another branch, or an ancestor of one
            self.inquiry.undone(head.at.number)
        if head.at.number == self.ancestry.newest:
            self.inquiry.passed(head.at.timestamp_s)
            self._ask(f"fees:{head.at.number}", rpc.fee_history(head.at.number), session)
            for question, message in self.inquiry.begin(head.at.number, head.at.hash):
                self._ask(question, message, session)
        missing = self.ancestry.missing(head.at.number, head.parent_hash)
        if missing is not None:
            self._ask(f"block:{missing}", rpc.block(missing), session)

    def _log(self, log: wire.WireLog, session: InBand) -> None:
        data = bytes.fromhex(log.data[2:])
        topics = [topic.lower() for topic in log.topics]
        try:
            events = events_of(topics, data)
        except Malformed as error:
            detail = f"log of {log.address}: {error}"
            session.refuse_part(Refused(Reason.bad_number, detail))
            return
        if not events:
            session.counts["unknown event"] += 1
        place = wire.number(log.block_number), log.block_hash.lower(), log.transaction_hash.lower()
        for event in events:
            if isinstance(event, V3Swap):
                self.inquiry.moved(f"pool-{log.address.lower()}", event.tick)
            index, address = wire.number(log.log_index), log.address.lower()
            self._item(Log(*place, index, address, event, log.removed), session)

    def _hash(self, transaction: str, session: InBand) -> None:
        lookups = sum(name.startswith("tx:") for name in self.questions.open)
        if lookups >= _LOOKUPS:
            session.counts["transactions not looked up"] += 1
            return
        self._ask(f"tx:{transaction}", rpc.transaction(transaction), session)

    def _pending(self, said: wire.WireTransaction, session: InBand) -> None:
        if said.block_hash is not None:
            session.counts["transactions mined before they were looked up"] += 1
            return
        to = None if said.to is None else said.to.lower()
        data = bytes.fromhex(said.input[2:])
        sender, value = said.sender.lower(), wire.number(said.value)
        understood = calls_in(to, data, value, sender)
        for contract, selector in understood.unknown:
            self._count(f"unknown selector {selector} of {contract}", session)
        if understood.malformed is not None:
            detail = f"calldata of {said.hash}: {understood.malformed}"
            session.refuse_part(Refused(Reason.bad_number, detail))
        pending = Pending(
            hash=said.hash.lower(),
            sender=sender,
            to=to,
            nonce=wire.number(said.nonce),
            type=wire.number(said.type),
            value_wei=value,
            gas=wire.number(said.gas),
            gas_price_wei=wire.maybe(said.gas_price),
            max_fee_wei=wire.maybe(said.max_fee_per_gas),
            max_priority_wei=wire.maybe(said.max_priority_fee_per_gas),
            selector="0x" + data[:4].hex() if data else "",
            calls=understood.calls,
        )
        self._item(pending, session)

    # -- answers -------------------------------------------------------------------------------

    def _answer(self, name: str, frame: rpc.Frame, session: InBand) -> None:
        what = name.partition(":")[0]
        if what == "sub":
            return  # the owner of the socket has checked it
        if what == "read":
            self._read(name, frame, session)
            return
        if frame.error is not None:
            session.counts[f"refused {what}: {frame.error.message[:80]}"] += 1
            if frame.error.is_final:
                self._granted(name, session)
            return
        if bytes(frame.result) in wire.NOTHING:
            if what == "tx":
                self._granted(name, session)  # mined or dropped meanwhile
            return  # else the block is not there yet: it is asked for again
        if what == "block":
            self._head(wire.read(wire.WireBlock, frame.result), session)
        elif what == "logs":
            for log in wire.read(list[wire.WireLog], frame.result):
                self._log(log, session)
        elif what == "tx":
            self._pending(wire.read(wire.WireTransaction, frame.result), session)
        elif what == "fees":
            fees = wire.read(wire.WireFees, frame.result)
            self._item(wire.fees_of(fees, rpc.PERCENTILES), session)
        else:
            session.counts[f"unknown answer {what[:40]}"] += 1
        self._granted(name, session)

    def _read(self, name: str, frame: rpc.Frame, session: InBand) -> None:
        """An answer to a call; the last one of a round brings the next round, or events."""
        data = wire.call_result(frame)
        if data is None:
            session.counts["calls that the node puts off"] += 1
            return
        asked = _READ.fullmatch(name)
        if asked is None:
            session.counts["unknown answer read"] += 1
            return
        of = asked[1]
        under, answered = self.inquiry.take(of, int(asked[2]), int(asked[3]), data)
        if answered:
            self._granted(answered, session)
        if under is None:
            return
        try:
            found, more = self.inquiry.finish(of, under)
        except Malformed as error:
            session.refuse_part(Refused(Reason.bad_number, f"reading {of}: {error}"))
            return
        for question, message in more:
            self._ask(question, message, session)
        if more:
            return
        for address, said in said_by(self.chain, of, found):
            if isinstance(said, PoolMeta | TokenMeta):
                self._item(said, session)
            else:
                self._item(Reading(under.number, under.block_hash, address, said), session)
        self.inquiry.wanted.update(following(self.chain, of, found))
        for question, message in self.inquiry.begin(under.number, under.block_hash):
            self._ask(question, message, session)

    # -- pieces --------------------------------------------------------------------------------

    def _item(self, said: Any, session: InBand) -> None:
        batch = session.batch
        batch.item(ChainItem(self.key, batch.connection, batch.received_ns, batch.line, said))

    def _ask(self, name: str, message: bytes, session: InBand) -> None:
        url = self.questions.ask(name, message)
        if url is not None:
            self._wish(url, session)

    def _wish(self, url: str, session: InBand) -> None:
        session.batch.item(Wish(self.key, url, QUESTION))

    def _granted(self, name: str, session: InBand) -> None:
        url = self.questions.answered(name)
        if url is not None:
            session.batch.item(Granted(self.key, session.batch.received_ns, url))

    def _count(self, what: str, session: InBand) -> None:
        known = what in session.counts or len(session.counts) < _COUNTED
        session.counts[what if known else "other unknown selectors"] += 1

    # -- recovery ------------------------------------------------------------------------------

    def lost(self) -> None:
        """The connection starts anew: what is open is asked again once it speaks.

        Readings begin anew at its next head.
        """
        self._again = True
        self.inquiry.forget()
        self.questions.forget("read:")

    def snapshot(self) -> Any:
        """Plain values."""
        inquiry = self.inquiry.snapshot()
        return [self.ancestry.snapshot(), self.questions.open, self._again, inquiry]

    def restore(self, state: Any) -> None:
        """Inverse of `snapshot`."""
        ancestry, self.questions.open, self._again, inquiry = state
        self.ancestry.restore(ancestry)
        self.inquiry.restore(inquiry)
