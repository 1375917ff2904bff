"""Contracts that people call to swap: V2 Router02, SwapRouter02, the Universal Router.

All of them know the pools by their tokens and fee; tokens come from whoever sent the transaction.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from sources.simulator.chain.concentrated import ConcentratedPool
from sources.simulator.chain.constant_product import ConstantProductPool
from sources.simulator.chain.contract import Contract, Frame, Revert, require
from sources.simulator.chain.words import decoded

V3_SWAP_EXACT_IN: Final = 0x00
V2_SWAP_EXACT_IN: Final = 0x08
MSG_SENDER: Final = "0x" + 39 * "0" + "1"

Single = tuple[str, str, int, str, int, int, int]


class Pools:
    """Pools by what they trade."""

    def __init__(
        self, products: Sequence[ConstantProductPool], ranges: Sequence[ConcentratedPool]
    ) -> None:
        self._products = {(p.token0.address, p.token1.address): p for p in products}
        self._ranges = {(p.token0.address, p.token1.address, p.fee_e6): p for p in ranges}

    def product(self, a: str, b: str) -> ConstantProductPool:
        """The v2 pool of two tokens. Raises Revert."""
        found = self._products.get((min(a, b), max(a, b)))
        if found is None:
            message = "no such pair"
            raise Revert(message)
        return found

    def range(self, a: str, b: str, fee: int) -> ConcentratedPool:
        """The v3 pool of two tokens. Raises Revert."""
        found = self._ranges.get((min(a, b), max(a, b), fee))
        if found is None:
            message = "no such pool"
            raise Revert(message)
        return found

    def along_v2(self, frame: Frame, router: str, payer: str, to: str, amount: int,
                 path: Sequence[str]) -> int:  # fmt: skip
        """Swap exactly so much along v2 pools; what came out. Raises Revert."""
        require(len(path) > 1, "UniswapV2Library: INVALID_PATH")
        for place, (one, other) in enumerate(pairwise(path)):
            last = place == len(path) - 2
            pool = self.product(one, other)
            after = to if last else router
            amount = pool.swap_in(frame, router, payer if not place else router, after, one, amount)
        return amount

    def along_v3(self, frame: Frame, router: str, payer: str, to: str, amount: int,
                 path: bytes) -> int:  # fmt: skip
        """Swap exactly so much along v3 pools; what came out. Raises Revert."""
        tokens, fees = unpacked(path)
        for place, fee in enumerate(fees):
            pool = self.range(tokens[place], tokens[place + 1], fee)
            forward = tokens[place] == pool.token0.address
            after = to if place == len(fees) - 1 else router
            moved = pool.swap(frame, router, payer if not place else router, after, amount, 0,
                              zero_for_one=forward)  # fmt: skip
            amount = -moved[1] if forward else -moved[0]
        return amount


def packed_path(tokens: Sequence[str], fees: Sequence[int]) -> bytes:
    """A v3 path: token, fee, token, ….

    >>> packed_path(["0x" + 40 * "1", "0x" + 40 * "2"], [500]).hex()[38:48]
    '110001f422'
    """
    found = bytes.fromhex(tokens[0][2:])
    for fee, token in zip(fees, tokens[1:], strict=True):
        found += fee.to_bytes(3, "big") + bytes.fromhex(token[2:])
    return found


def unpacked(path: bytes) -> tuple[list[str], list[int]]:
    """Inverse of `packed_path`. Raises Revert."""
    require(len(path) >= 43 and (len(path) - 20) % 23 == 0, "path")
    places = range(0, len(path), 23)
    tokens = ["0x" + path[k : k + 20].hex() for k in places]
    return tokens, [int.from_bytes(path[k + 20 : k + 23], "big") for k in places if k < len(path)][
        : len(tokens) - 1
    ]


class RouterV2(Contract):
    """Uniswap V2 Router02."""

    def __init__(self, address: str, pools: Pools) -> None:
        super().__init__(address)
        self._pools = pools
        common = "(uint256,uint256,address[],address,uint256)"
        self.expose(f"swapExactTokensForTokens{common}", self._exact_in, "(uint256[])")
        self.expose(f"swapTokensForExactTokens{common}", self._exact_out, "(uint256[])")

    def _exact_in(self, frame: Frame, sender: str, amount: int, least: int,
                  path: Sequence[str], to: str, deadline: int) -> tuple[list[int]]:  # fmt: skip
        require(frame.timestamp_s <= deadline, "UniswapV2Router: EXPIRED")
        out = self._pools.along_v2(frame, self.address, sender, to, amount, path)
        require(out >= least, "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT")
        return ([amount, out],)

    def _exact_out(self, frame: Frame, sender: str, out: int, most: int,
                   path: Sequence[str], to: str, deadline: int) -> tuple[list[int]]:  # fmt: skip
        require(frame.timestamp_s <= deadline, "UniswapV2Router: EXPIRED")
        amount = out
        for one, other in reversed(list(pairwise(path))):
            amount = self._pools.product(one, other).needed(frame, one, amount)
        require(amount <= most, "UniswapV2Router: EXCESSIVE_INPUT_AMOUNT")
        self._pools.along_v2(frame, self.address, sender, to, amount, path)
        return ([amount, out],)


class RouterV3(Contract):
    """SwapRouter02: single and multi-hop v3 swaps, alone or in a multicall with a deadline."""

    def __init__(self, address: str, pools: Pools) -> None:
        super().__init__(address)
        self._pools = pools
        single = "((address,address,uint24,address,uint256,uint256,uint160))"
        self.expose(f"exactInputSingle{single}", self._in_single, "(uint256)")
        self.expose(f"exactOutputSingle{single}", self._out_single, "(uint256)")
        self.expose("exactInput((bytes,address,uint256,uint256))", self._in, "(uint256)")
        self.expose("multicall(uint256,bytes[])", self._many, "(bytes[])")

    def _in_single(self, frame: Frame, sender: str, p: Single) -> tuple[int]:
        one, other, fee, to, amount, least, limit = p
        pool = self._pools.range(one, other, fee)
        forward = one == pool.token0.address
        moved = pool.swap(frame, self.address, sender, sender if to == MSG_SENDER else to, amount,
                          limit, zero_for_one=forward)  # fmt: skip
        out = -moved[1] if forward else -moved[0]
        require(out >= least, "Too little received")
        return (out,)

    def _out_single(self, frame: Frame, sender: str, p: Single) -> tuple[int]:
        one, other, fee, to, out, most, limit = p
        pool = self._pools.range(one, other, fee)
        forward = one == pool.token0.address
        moved = pool.swap(frame, self.address, sender, sender if to == MSG_SENDER else to, -out,
                          limit, zero_for_one=forward)  # fmt: skip
        came = moved[0] if forward else moved[1]
        require(came <= most, "Too much requested")
        return (came,)

    def _in(self, frame: Frame, sender: str, p: tuple[bytes, str, int, int]) -> tuple[int]:
        path, to, amount, least = p
        to = sender if to == MSG_SENDER else to
        out = self._pools.along_v3(frame, self.address, sender, to, amount, path)
        require(out >= least, "Too little received")
        return (out,)

    def _many(
        self, frame: Frame, sender: str, deadline: int, calls: Sequence[bytes]
    ) -> tuple[list[bytes]]:
        require(frame.timestamp_s <= deadline, "Transaction too old")
        return ([self.call(frame, sender, data) for data in calls],)


class UniversalRouter(Contract):
    """execute(commands, inputs, deadline) with exact-in swaps of both kinds."""

    def __init__(self, address: str, pools: Pools) -> None:
        super().__init__(address)
        self._pools = pools
        self.expose("execute(bytes,bytes[],uint256)", self._execute)

    def _execute(self, frame: Frame, sender: str, commands: bytes, inputs: Sequence[bytes],
                 deadline: int) -> None:  # fmt: skip
        require(frame.timestamp_s <= deadline, "TransactionDeadlinePassed")
        require(len(commands) == len(inputs), "LengthMismatch")
        for command, given in zip(commands, inputs, strict=True):
            kind = command & 0x3F
            require(kind in (V3_SWAP_EXACT_IN, V2_SWAP_EXACT_IN), "InvalidCommandType")
            path_type = "bytes" if kind == V3_SWAP_EXACT_IN else "address[]"
            types = ("address", "uint256", "uint256", path_type, "bool")
            try:
                to, amount, least, path, _ = decoded(types, given)
            except ValueError as error:
                message = "SliceOutOfBounds"
                raise Revert(message) from error
            to = sender if to == MSG_SENDER else to
            along = self._pools.along_v3 if kind == V3_SWAP_EXACT_IN else self._pools.along_v2
            out = along(frame, self.address, sender, to, amount, path)
            require(out >= least, "TooLittleReceived")
