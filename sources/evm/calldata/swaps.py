"""What the swap calls of different routers have in common: sides, and paths as they are packed."""

from typing import Final

from schemas.chain_call import Swap
from sources.evm.abi import Malformed
from sources.evm.calldata.sent import Sent

V2, V3, V4 = "uniswap-v2", "uniswap-v3", "uniswap-v4"
_ADDRESS, _FEE = 20, 3
_HOP: Final = _ADDRESS + _FEE


def swap(
    sent: Sent,
    protocol: str,
    exact_in: bool,
    exact: int | None,
    limit: int,
    recipient: str,
    path: tuple[str, ...],
    fees_e6: tuple[int, ...] = (),
) -> Swap:
    """A swap of the exact amount on one side, limited on the other; the path as tokens flow.

    Raises Malformed for a path of fewer than two tokens, as routers do.
    """
    if len(path) < 2:
        message = f"a path of {len(path)} tokens"
        raise Malformed(message)
    return Swap(
        to=sent.to,
        protocol=protocol,
        path=path,
        fees_e6=fees_e6,
        pools=(),
        amount_in=exact if exact_in else None,
        amount_out=None if exact_in else exact,
        limit=limit,
        recipient=recipient,
        deadline_s=sent.deadline_s,
    )


def v3_swap(
    sent: Sent, exact_in: bool, exact: int | None, limit: int, recipient: str, packed: bytes
) -> Swap:
    """A swap along a packed path, which is written backwards for an exact amount out."""
    tokens, fees = hops(packed)
    if not exact_in:
        tokens, fees = tokens[::-1], fees[::-1]
    return swap(sent, V3, exact_in, exact, limit, recipient, tokens, fees)


def hops(packed: bytes) -> tuple[tuple[str, ...], tuple[int, ...]]:
    r"""Tokens and fees (1e-6) of `token, fee, token, …` of 20 and 3 bytes. Raises Malformed.

    >>> hops(bytes(20) + b"\x00\x01\xf4" + bytes(20))[1]
    (500,)
    """
    if len(packed) < _HOP + _ADDRESS or len(packed) % _HOP != _ADDRESS:
        message = f"a path of {len(packed)} bytes"
        raise Malformed(message)
    starts = range(0, len(packed), _HOP)
    tokens = tuple("0x" + packed[i : i + _ADDRESS].hex() for i in starts)
    fees = tuple(int.from_bytes(packed[i + _ADDRESS : i + _HOP], "big") for i in starts[:-1])
    return tokens, fees
