"""An EVM node as a feed: one connection, its subscriptions, and questions on the same socket."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from schemas.chain_contract import ChainSettings
from schemas.errors import UsageError
from schemas.instrument import Instrument
from sources.evm import rpc
from sources.evm.filters import log_filters
from sources.evm.node import SYMBOL
from sources.evm.questions import message_of
from sources.instruments import Page
from sources.live.feed import Plan, RestLimits
from sources.venue_feed import PolledPlan, Said, VenueFeed, connection_name

MESSAGES_PER_S: Final = 20.0  # ours, of up to 25 calls each: what is allowed depends on the plan
STALE_S: Final = 60.0  # a chain whose head stands still for so long is in trouble, or the node is
_HOST: Final = "ws://node.invalid"  # there is no public one: `ws_url` names the node
_SUBSCRIBED: Final = re.compile(rb'"id":\s*"sub:')
_ANSWER: Final = re.compile(rb'"id":\s*"')


class _Confirmed(Struct):
    confirmed: list[str]
    refused: list[tuple[str, str]]


class EvmFeed(VenueFeed):
    """A node of one chain. Streams: `blocks` (heads, logs, fees), `mempool`, `mempool-hashes`."""

    streams = ("blocks", "mempool", "mempool-hashes")
    default_streams = ("blocks", "mempool")
    heartbeat_s = 0.0
    connections_per_minute = 30
    messages_per_s = MESSAGES_PER_S
    topics_per_connection = 16
    stale_s = STALE_S
    rest = RestLimits(60)
    urgent = (b"logs",)

    def __init__(self, chain: ChainSettings) -> None:
        super().__init__()
        self.chain = chain
        self.venue = f"evm-{chain.id}"
        self.fixed = (
            Instrument(
                name=f"{self.venue}:{SYMBOL}", asset="", quote="", kind="chain",
                price_decimals=None, source="settings",
            ),
        )  # fmt: skip

    def plans(
        self,
        streams: Sequence[str],
        symbols: Sequence[str],
        urls: Mapping[str, str],
        placed: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> list[Plan]:
        """As for other venues, but `ws_url` is the node's whole address."""
        if "ws_url" not in urls:
            message = f"{self.venue} has no public node: give the source a ws_url"
            raise UsageError(message)
        plans = super().plans(streams, symbols, {}, placed)
        return [replace(plan, url=urls["ws_url"]) for plan in plans]

    def _plans(self, streams: tuple[str, ...], symbols: tuple[str, ...]) -> list[PolledPlan]:
        asked: dict[str, bytes] = {}
        if "blocks" in streams:
            asked["heads"] = rpc.subscription("heads", "newHeads")
            for place, log_filter in enumerate(log_filters(self.chain)):
                name = f"logs-{place}"
                asked[name] = rpc.subscription(name, "logs", log_filter)
        if {"mempool", "mempool-hashes"} <= set(streams):
            message = f"{self.venue}: choose mempool or mempool-hashes, not both"
            raise UsageError(message)
        if "mempool" in streams:
            asked["mempool"] = rpc.subscription("mempool", "newPendingTransactions", True)
        if "mempool-hashes" in streams:
            asked["mempool"] = rpc.subscription("mempool", "newPendingTransactions")
        plan = PolledPlan(
            name=connection_name(self.venue, 1),
            url=_HOST,
            messages=tuple(asked.values()),
            expected=tuple(asked),
            symbols=(SYMBOL,),
            streams=streams,
        )
        return [plan]

    def _accepted(self, frame: bytes) -> Said | None:
        if not _SUBSCRIBED.search(frame):
            return None
        try:
            said = msgspec.json.decode(frame, type=rpc.Frame)
        except msgspec.MsgspecError:
            return None
        if not isinstance(said.id, str) or not said.id.startswith("sub:"):
            return None
        topic = said.id.removeprefix("sub:")
        if said.error is not None:
            return _Confirmed([], [(topic, said.error.message)])
        return _Confirmed([topic], [])

    def question(self, url: str) -> bytes | None:
        """Everything is asked on the socket."""
        return message_of(url)

    def is_market(self, frame: bytes) -> bool:
        """Whether a frame is a notice or an answer to a question of the session."""
        return not _SUBSCRIBED.search(frame[:200]) and (
            b'"params"' in frame or bool(_ANSWER.search(frame))
        )

    def listing_urls(self) -> tuple[str, ...]:
        """Nothing is listed: settings say what is watched."""
        return ()

    def page(self, url: str, body: bytes) -> Page:
        """There is none."""
        del url, body
        return Page()
