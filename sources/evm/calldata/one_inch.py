"""Swaps of the 1inch aggregation router v6.

`swap` names both tokens; `unoswap…` names one token and pools, packed as numbers whose low 160
bits are the address and whose high bits are flags: which way a pool is swapped, only the pool
tells, so the path is empty. Fees stand in neither. Source: the router's interface.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas.chain_call import NATIVE, Swap
from sources.evm.calldata.sent import Reader, Said, Sent, by_selector

PROTOCOL: Final = "1inch-v6"
_COIN: Final = "0x" + 20 * "ee"  # how 1inch writes the chain's coin
_MOST_POOLS: Final = 3


def _swap(sent: Sent, arguments: Any) -> Iterator[Said]:
    source, target, _source_to, target_to, amount, least, _flags = arguments[1]
    path = (_token(source), _token(target))
    recipient = sent.sender if target_to == NATIVE else target_to
    yield _said(sent, path, (), amount, least, recipient)


def _unoswap(named: bool, coin_in: bool) -> Reader:
    # Arguments: [to] [token amount] least pool…; bracketed ones depending on the function.
    def read(sent: Sent, arguments: Any) -> Iterator[Said]:
        rest = list(arguments)
        recipient = _address(rest.pop(0)) if named else sent.sender
        amount = sent.value_wei if coin_in else rest[1]
        least, *pools = rest if coin_in else rest[2:]
        yield _said(sent, (), tuple(map(_address, pools)), amount, least, recipient)

    return read


def _said(
    sent: Sent, path: tuple[str, ...], pools: tuple[str, ...], amount: int, least: int, to: str
) -> Swap:
    return Swap(
        to=sent.to,
        protocol=PROTOCOL,
        path=path,
        fees_e6=(),
        pools=pools,
        amount_in=amount,
        amount_out=None,
        limit=least,
        recipient=to,
        deadline_s=sent.deadline_s,
    )


def _token(address: str) -> str:
    return NATIVE if address == _COIN else address


def _address(packed: int) -> str:
    return f"0x{packed & (1 << 160) - 1:040x}"


def _signature(pools: int, named: bool, coin_in: bool) -> str:
    name = f"{'ethU' if coin_in else 'u'}noswap{'To' if named else ''}{pools if pools > 1 else ''}"
    numbers = named + (1 if coin_in else 3) + pools
    return f"{name}({','.join(['uint256'] * numbers)})"


KNOWN: Final = by_selector(
    {"swap(address,(address,address,address,address,uint256,uint256,uint256),bytes)": _swap}
    | {
        _signature(pools, named, coin_in): _unoswap(named, coin_in)
        for pools in range(1, _MOST_POOLS + 1)
        for named in (False, True)
        for coin_in in (False, True)
    }
)
