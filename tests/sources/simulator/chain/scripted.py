"""Chains at scripted prices, run for a while; and state worked out again from logs alone."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import exp, sin
from typing import Any

from sources.simulator.chain.chain import ETHEREUM, Spec
from sources.simulator.chain.network import Network
from sources.simulator.chain.words import call, decoded, keccak, types_of

EPOCH_S = 1_767_614_400
RAY = 10**27
FAST = replace(ETHEREUM, slot_s=4.0, late_s=0.8)


class Scripted:
    """Prices as functions of seconds."""

    def __init__(self, fall: float = 0.0, peg: float = 1.0, at_s: float = 60.0) -> None:
        self.fall, self.peg, self.at_s = fall, peg, at_s
        self.now_s = 0.0

    def usd(self, asset: str) -> float:
        done = min(1.0, max(0.0, (self.now_s - self.at_s) / 40.0))
        if asset.startswith("USD"):
            return 1.0 - done * (1.0 - self.peg) if asset == "USDX" else 1.0
        wave = 0.0015 * sin(self.now_s / 17.0) - self.fall * done
        return {"ETH": 3150.0, "BTC": 92_000.0}[asset] * exp(wave)

    def stress(self) -> float:
        return 0.0

    def vol(self) -> float:
        return 0.42


def run(
    seconds: float, *, seed: int = 3, fall: float = 0.0, peg: float = 1.0, reorgs: bool = False,
    spec: Spec = FAST, watch: Callable[[Network], None] | None = None,
) -> Network:  # fmt: skip
    """A chain after so many seconds. `watch` is called once it has begun."""
    outside = Scripted(fall, peg)
    network = Network(spec, seed, EPOCH_S, outside, nearest=0.02, reorgs=reorgs)
    if watch is not None:
        watch(network)
    go_on(network, outside, 0, seconds)
    return network


def go_on(network: Network, outside: Scripted, step: int, seconds: float) -> int:
    """Steps until a time; the number of the next step."""
    while step * network.step_s < seconds:
        outside.now_s = step * network.step_s
        network.step(outside.now_s * 1000.0)
        step += 1
    return step


def topic(signature: str) -> str:
    return "0x" + keccak(signature.encode()).hex()


def ask(rpc: Any, to: str, signature: str, outputs: str, *values: Any) -> Any:
    """eth_call as a reader does it."""
    data = "0x" + call(signature, *values).hex()
    answer = rpc.answer("eth_call", [{"to": to, "data": data}, "latest"])
    return decoded(types_of(outputs), bytes.fromhex(answer[2:]))


def _ray_div(amount: int, index: int) -> int:
    """Half up, away from zero for what was taken."""
    sign = -1 if amount < 0 else 1
    return sign * ((abs(amount) * RAY + index // 2) // index)


class Folded:
    """State from logs, the simple way. Keys are (what, contract, …)."""

    def __init__(self) -> None:
        self.state: dict[Any, Any] = {}

    def take(self, rows: Iterable[dict[str, Any]]) -> "Folded":
        for row in rows:
            name = NAMES.get(row["topics"][0])
            if name is not None:
                getattr(self, name)(row)
        return self

    def add(self, key: Any, amount: int) -> None:
        self.state[key] = self.state.get(key, 0) + amount

    def transfer(self, row: dict[str, Any]) -> None:
        sender, to = (_address(one) for one in row["topics"][1:])
        (amount,) = _words(row)
        self.add(("balance", row["address"], sender), -amount)
        self.add(("balance", row["address"], to), amount)

    def sync(self, row: dict[str, Any]) -> None:
        self.state["reserves", row["address"]] = tuple(_words(row))

    def initialize(self, row: dict[str, Any]) -> None:
        price, tick = _words(row)
        self.state["slot", row["address"]] = (price, _signed(tick), 0)

    def swap(self, row: dict[str, Any]) -> None:
        _, _, price, liquidity, tick = _words(row)
        self.state["slot", row["address"]] = (price, _signed(tick), liquidity)

    def mint(self, row: dict[str, Any]) -> None:
        self.ranged(row, _words(row)[1], row["topics"][2:])

    def burn(self, row: dict[str, Any]) -> None:
        self.ranged(row, -_words(row)[0], row["topics"][2:])

    def ranged(self, row: dict[str, Any], liquidity: int, ends: list[str]) -> None:
        low, high = (_signed(int(end, 16)) for end in ends)
        pool = row["address"]
        self.add(("net", pool, low), liquidity)
        self.add(("net", pool, high), -liquidity)
        price, tick, inside = self.state["slot", pool]
        if low <= tick < high:
            self.state["slot", pool] = (price, tick, inside + liquidity)

    def answer(self, row: dict[str, Any]) -> None:
        _, answer, number = (int(one, 16) for one in row["topics"])
        self.state["answer", row["address"]] = (number, _signed(answer), _words(row)[0])

    def scaled_mint(self, row: dict[str, Any]) -> None:
        value, grown, index = _words(row)
        key = ("scaled", row["address"], _address(row["topics"][2]))
        self.add(key, _ray_div(value - grown, index))

    def scaled_burn(self, row: dict[str, Any]) -> None:
        value, grown, index = _words(row)
        key = ("scaled", row["address"], _address(row["topics"][1]))
        self.add(key, -_ray_div(value + grown, index))

    def scaled_move(self, row: dict[str, Any]) -> None:
        scaled, _ = _words(row)
        self.add(("scaled", row["address"], _address(row["topics"][1])), -scaled)
        self.add(("scaled", row["address"], _address(row["topics"][2])), scaled)

    def rates(self, row: dict[str, Any]) -> None:
        self.state["rates", _address(row["topics"][1])] = tuple(_words(row))

    def use(self, row: dict[str, Any]) -> None:
        asset, who = (_address(one) for one in row["topics"][1:])
        self.state["used", who, asset] = True

    def unuse(self, row: dict[str, Any]) -> None:
        asset, who = (_address(one) for one in row["topics"][1:])
        self.state["used", who, asset] = False

    def emode(self, row: dict[str, Any]) -> None:
        self.state["emode", _address(row["topics"][1])] = _words(row)[0]

    def deficit(self, row: dict[str, Any]) -> None:
        self.add(("deficit", _address(row["topics"][2])), _words(row)[0])


def _words(row: dict[str, Any]) -> list[int]:
    text = row["data"][2:]
    return [int(text[k : k + 64], 16) for k in range(0, len(text), 64)]


def _signed(word: int) -> int:
    return word - (1 << 256) if word >> 255 else word


def _address(word: str) -> str:
    return "0x" + word[-40:]


NAMES = {
    topic("Transfer(address,address,uint256)"): "transfer",
    topic("Sync(uint112,uint112)"): "sync",
    topic("Initialize(uint160,int24)"): "initialize",
    topic("Swap(address,address,int256,int256,uint160,uint128,int24)"): "swap",
    topic("Mint(address,address,int24,int24,uint128,uint256,uint256)"): "mint",
    topic("Burn(address,int24,int24,uint128,uint256,uint256)"): "burn",
    topic("AnswerUpdated(int256,uint256,uint256)"): "answer",
    topic("Mint(address,address,uint256,uint256,uint256)"): "scaled_mint",
    topic("Burn(address,address,uint256,uint256,uint256)"): "scaled_burn",
    topic("BalanceTransfer(address,address,uint256,uint256)"): "scaled_move",
    topic("ReserveDataUpdated(address,uint256,uint256,uint256,uint256,uint256)"): "rates",
    topic("ReserveUsedAsCollateralEnabled(address,address)"): "use",
    topic("ReserveUsedAsCollateralDisabled(address,address)"): "unuse",
    topic("UserEModeSet(address,uint8)"): "emode",
    topic("DeficitCreated(address,address,uint256)"): "deficit",
}
