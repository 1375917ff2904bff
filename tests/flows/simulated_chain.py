"""A simulated chain and a session of ours that talks to its node, without sockets or a clock."""

import tomllib
from collections.abc import Callable
from typing import Any

import numpy as np

from flows.chain import ChainLogic
from flows.live_assumed import chains_of
from flows.simulated_addresses import chain_text
from schemas.chain_contract import ChainSettings
from schemas.control import Granted
from schemas.tables import Rows
from sources.connection import Connection
from sources.evm.assumed import EvmAssumed
from sources.evm.feed import EvmFeed
from sources.lines import index_lines
from sources.registry import assumed_for, session_for
from sources.simulator.chain.network import Network
from sources.simulator.chain.venue import EvmClient, Node
from tests.sources.simulator.chain.scripted import EPOCH_S, FAST, Scripted, go_on
from tests.sources.talk import as_is, stamped

GRID = 250_000_000
MS = 1_000_000
CONNECTION = "evm-1-1"
KEY = "evm-1:chain"


class Conversation:
    """Everything that was said; `lines` as a spool has them, `network` as it is in the end."""

    def __init__(self, seconds: float, **more: Any) -> None:
        outside = Scripted(more.pop("fall", 0.0), more.pop("peg", 1.0))
        seed = more.pop("seed", 3)
        self.worse: Callable[[list[bytes]], list[bytes]] = more.pop("worse", lambda said: said)
        self.network = Network(FAST, seed, EPOCH_S, outside, nearest=0.02, **more)
        node = Node(self.network)
        self.chain = settings_of(node)
        self.heard: list[bytes] = []
        self.lines: list[tuple[int, bytes]] = []
        self.now_ns = EPOCH_S * 10**9
        connection = connected(self.chain)
        client = EvmClient(None, node, self.heard.append, 0.0)  # type: ignore[arg-type]
        for plan in EvmFeed(self.chain).plans([], ["chain"], {"ws_url": "ws://h"}):
            for message in plan.messages:
                client.receive(message, 0.0)
        step, turn = 0, 0
        self.open: dict[str, bytes] = {}  # questions without an answer: asked again, as live
        while step * self.network.step_s < seconds:
            at_s = step * self.network.step_s
            self.now_ns = EPOCH_S * 10**9 + round(at_s * 10**9)
            self._say(b'!{"k":"clock"}')
            step = go_on(self.network, outside, step, at_s + self.network.step_s / 2)
            fresh = self._listen(connection)
            turn += 1
            for question in [*fresh] if turn % 16 else [*self.open.values()]:
                client.receive(question, at_s)

    def _listen(self, connection: Connection) -> list[bytes]:
        """Let our session read what came; the questions that it has because of it."""
        begin = len(self.lines)
        for frame in self.worse(self.heard):
            self.now_ns += MS // 10
            self._say(frame)
        self.heard.clear()
        new = self.lines[begin:]
        if new:
            data = np.frombuffer(stamped(new), np.uint8)
            connection.take(index_lines(data, connection.lines_done + 1))
        fresh = []
        for asked in connection.asked:
            if isinstance(asked, Granted):
                self.open.pop(asked.url, None)
            else:
                message = EvmFeed(self.chain).question(asked.url)
                assert message is not None
                self.open[asked.url] = message
                fresh.append(message)
        connection.asked.clear()
        return fresh

    def _say(self, payload: bytes) -> None:
        self.lines.append((self.now_ns, payload))


def settings_of(node: Node) -> ChainSettings:
    """As `seawall simulate` prints them, with every borrower watched."""
    table = tomllib.loads("\n".join(chain_text(node, "h", most=1000)))
    found = assumed_for("evm-1", {"chain": table["chain"][0]})
    assert isinstance(found, EvmAssumed)
    (chain,) = chains_of([("evm-1", found)]).values()
    return chain


def connected(chain: ChainSettings) -> Connection:
    """A connection to the node, before its first line."""
    session = session_for("evm-1", CONNECTION, as_is, EvmAssumed(chain=chain))
    session.list_instruments(EvmFeed(chain).fixed)
    made = Connection(CONNECTION, session, grid_ns=GRID, hole_ns=10**15, foreign=False)
    return made


def items_of(chain: ChainSettings, lines: list[tuple[int, bytes]], size: int = 64) -> list[Any]:
    """What a replay of the lines gives the chain's step."""
    connection = connected(chain)
    out = [item for key, item in connection.open(lines[0][0]) if key == KEY]
    for begin in range(0, len(lines), size):
        data = np.frombuffer(stamped(lines[begin : begin + size]), np.uint8)
        taken = connection.take(index_lines(data, connection.lines_done + 1))
        out += [item for key, item in taken if key == KEY]
        connection.asked.clear()
    return out


def rows_of(
    chain: ChainSettings, items: list[Any], size: int = 10**9, restarts: bool = False
) -> tuple[list[Rows], ChainLogic]:
    """The rows of a chain alone, its items taken so many at a time, and the step at the end."""
    chains = {KEY: chain}
    logic, out = ChainLogic(chains, (), None), []
    for begin in range(0, len(items), size):
        found, _ = logic.on_batch([items[begin : begin + size]])
        out += found
        if restarts:
            logic = ChainLogic(chains, (), logic.snapshot())
    return out, logic
