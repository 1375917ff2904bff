"""The node of all simulated chains: JSON-RPC at /evm/<chain id>, over WebSocket or POST.

GET answers with the addresses of the chain's contracts, by name. A subscriber of heads gets them
in order; at a reorg subscribers of logs first get what is taken back, the newest log first, with
`removed`; then heads and logs of the new branch, block by block.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from sources.simulator.chain.block import Block
from sources.simulator.chain.chain import SPECS
from sources.simulator.chain.network import Network
from sources.simulator.chain.params import INVALID, Filter, RpcError
from sources.simulator.chain.prices import OfWorld
from sources.simulator.chain.rpc import TOO_MUCH, Rpc
from sources.simulator.chain.transaction import Transaction
from sources.simulator.chain.words import hex_of, keccak
from sources.simulator.venues.hub import (
    BAD_REQUEST,
    NOT_FOUND,
    Answer,
    Client,
    Request,
    Send,
    Venue,
    packed,
)
from sources.simulator.world.world import World

ROOT: Final = "/evm/"
PER_S: Final = 1_000  # requests of a connection
MOST_BATCH: Final = 1_000
MOST_SUBSCRIPTIONS: Final = 100
PARSE: Final = -32700
BAD: Final = -32600
NEAREST: Final = 1.5  # of the scenario's least distance to being closed: lending is calmer


class Node:
    """One chain and those who are connected to it."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.rpc = Rpc(network.chain)
        self.clients: dict[EvmClient, None] = {}
        self._subscriptions = 0
        network.chain.listeners.append(self)

    def name(self) -> str:
        """A new subscription's id."""
        self._subscriptions += 1
        chain_id = self.network.spec.chain_id
        return hex_of(keccak(f"{chain_id}/{self._subscriptions}".encode())[:16])

    def pending(self, transaction: Transaction) -> None:
        """A transaction waits."""
        for client in list(self.clients):
            client.tell_pending(transaction)

    def removed(self, block: Block) -> None:
        """A block is canonical no more."""
        if self._heard("logs"):
            rows = block.logs(removed=True)[::-1]
            for client in list(self.clients):
                client.tell_logs(rows)

    def headed(self, block: Block) -> None:
        """A new head."""
        header = block.header() if self._heard("newHeads") else {}
        rows = block.logs() if self._heard("logs") else []
        for client in list(self.clients):
            client.tell("newHeads", header)
            client.tell_logs(rows)

    def _heard(self, kind: str) -> bool:
        return any(kind == one for c in self.clients for one, _ in c.subscriptions.values())


class Evm(Venue):
    """Serves the chains."""

    name = "evm"

    def __init__(self, world: World, epoch_ms: int, seed: int) -> None:
        super().__init__(world, epoch_ms)
        script, outside = world.script, OfWorld(world)
        self.nodes: dict[str, Node] = {}
        for spec in SPECS:
            network = Network(
                spec, seed, epoch_ms // 1000, outside, nearest=NEAREST * script.nearest,
                reorgs=script.reorgs,
            )  # fmt: skip
            self.nodes[f"{ROOT}{spec.chain_id}"] = Node(network)
            world.every(0.0, network.step_s * 1000.0, network.step)

    def open(self, path: str, query: Mapping[str, str], send: Send, wall_s: float) -> Client | None:
        """A chain's path."""
        del query
        node = self.nodes.get(path.rstrip("/"))
        return None if node is None else EvmClient(self, node, send, wall_s)

    def http(self, request: Request, wall_s: float) -> Answer:
        """POST: JSON-RPC without subscriptions. GET: the contracts."""
        del wall_s
        node = self.nodes.get(request.path.rstrip("/"))
        if node is None:
            return Answer(packed({"error": "not found"}), NOT_FOUND)
        if request.method == "GET":
            return Answer(packed(node.network.made.named()))
        reply = respond(request.body, node.rpc.answer)
        return Answer(reply, BAD_REQUEST) if b'"code":-32700' in reply else Answer(reply)


class EvmClient(Client):
    """A connection to one chain."""

    venue: Evm

    def __init__(self, venue: Evm, node: Node, send: Send, wall_s: float) -> None:
        super().__init__(venue, send, wall_s)
        self._node = node
        self._second, self._used = wall_s, 0
        self.subscriptions: dict[str, tuple[str, Any]] = {}
        node.clients[self] = None

    def receive(self, text: bytes, wall_s: float) -> None:
        """A request, or a batch of them."""
        if wall_s - self._second >= 1.0:
            self._second, self._used = wall_s, 0
        self.send(respond(text, self._answer))

    def close(self) -> None:
        """Its subscriptions end with it."""
        super().close()
        self.subscriptions.clear()
        self._node.clients.pop(self, None)

    def tell(self, kind: str, result: Any) -> None:
        """Send a result to all subscriptions of a kind."""
        for name, (one, _) in list(self.subscriptions.items()):
            if one == kind:
                self._notify(name, result)

    def tell_logs(self, rows: list[dict[str, Any]]) -> None:
        """Send the logs that are wanted."""
        for name, (kind, wanted) in list(self.subscriptions.items()):
            if kind == "logs":
                for row in rows:
                    if wanted.takes(row):
                        self._notify(name, row)

    def tell_pending(self, transaction: Transaction) -> None:
        """Send a waiting transaction."""
        for name, (kind, full) in list(self.subscriptions.items()):
            if kind == "newPendingTransactions":
                self._notify(name, transaction.row() if full else transaction.hash)

    def _notify(self, name: str, result: Any) -> None:
        params = {"subscription": name, "result": result}
        self.send(packed({"jsonrpc": "2.0", "method": "eth_subscription", "params": params}))

    def _answer(self, method: Any, params: Any) -> Any:
        self._used += 1
        if self._used > PER_S:
            message = "rate limit exceeded"
            raise RpcError(TOO_MUCH, message)
        if method == "eth_subscribe":
            return self._subscribe(params)
        if method == "eth_unsubscribe":
            if not isinstance(params, list) or len(params) != 1 or type(params[0]) is not str:
                message = "eth_unsubscribe takes a subscription"
                raise RpcError(INVALID, message)
            if self.subscriptions.pop(params[0], None) is None:
                message = "subscription not found"
                raise RpcError(-32000, message)
            return True
        return self._node.rpc.answer(method, params)

    def _subscribe(self, params: Any) -> str:
        if not isinstance(params, list) or not 1 <= len(params) <= 2:
            message = "eth_subscribe takes a kind and its option"
            raise RpcError(INVALID, message)
        kind = params[0]
        option = params[1] if len(params) == 2 else None
        if kind == "logs":
            option = Filter({} if option is None else option)
        elif kind == "newPendingTransactions":
            if option not in (None, True, False):
                message = "full transactions: true or false"
                raise RpcError(INVALID, message)
        elif kind != "newHeads":
            message = f'no "{str(kind)[:40]}" subscription in eth namespace'
            raise RpcError(-32601, message)
        if len(self.subscriptions) >= MOST_SUBSCRIPTIONS:
            message = "too many subscriptions"
            raise RpcError(TOO_MUCH, message)
        name = self._node.name()
        self.subscriptions[name] = (kind, option)
        return name


def respond(text: bytes, answer: Any) -> bytes:
    """The reply to a request or a batch, as a node words it; `answer` may raise RpcError."""
    try:
        asked: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return packed(_failed(None, RpcError(PARSE, "parse error")))
    if not isinstance(asked, list):
        return packed(_one(asked, answer))
    if not asked or len(asked) > MOST_BATCH:
        wrong = "empty batch" if not asked else "batch too large"
        return packed(_failed(None, RpcError(BAD, wrong)))
    return packed([_one(one, answer) for one in asked])


def _one(asked: Any, answer: Any) -> dict[str, Any]:
    if not isinstance(asked, dict) or "method" not in asked:
        return _failed(None, RpcError(BAD, "invalid request"))
    name = asked.get("id")
    try:
        result = answer(asked["method"], asked.get("params", []))
    except RpcError as error:
        return _failed(name, error)
    return {"jsonrpc": "2.0", "id": name, "result": result}


def _failed(name: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": name, "error": error.row()}
