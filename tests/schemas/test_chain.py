"""What a chain says: plain values that go through the recovery store; keys."""

import pickle
from typing import Any, get_args

import pytest

from schemas import chain, chain_call, chain_event, chain_lending
from schemas.chain import BlockAt, Body, ChainItem, Head, Log, Pending, Reading, chain_key

AT = BlockAt(1, "0xb", 2)
SAID: list[Any] = [
    Head(AT, "0xa", None, 1, 2),
    Body(1, "0xb", ("0xt",)),
    Log(1, "0xb", "0xt", 0, "0xc", chain_event.V2Sync(1 << 111, 2)),
    Reading(1, "0xb", "0xc", chain_lending.AssetPrice("0xd", 3)),
    Pending("0xt", "0xs", None, 1, 2, 1 << 200, 21_000, None, 5, 6, "", ()),
    chain.FeeHistory(1, (1, 2), (0.5,), (10.0,), ((1,),)),
    chain.TokenMeta("0xt", "WETH", 18),
    chain.PoolMeta("0xp", "uniswap-v3", "0x1", "0x2", 500, 10),
]


@pytest.mark.parametrize("said", SAID, ids=lambda said: type(said).__name__)
def test_items_are_plain_values(said: Any) -> None:
    item = ChainItem(chain_key(1), "evm-1-1", 5, 6, said)
    assert pickle.loads(pickle.dumps(item)) == item
    with pytest.raises(AttributeError):
        said.number = 1
    assert isinstance(said, ChainItem.__annotations__["said"])


def test_a_key_is_a_pseudo_instrument() -> None:
    assert chain_key(8453) == "evm-8453:chain"


def test_all_events_and_calls_are_of_their_unions() -> None:
    modules = {module.__name__: module for module in (chain_event, chain_lending)}
    found = [kind for module in modules.values() for kind in vars(module).values()]
    kinds = {k for k in found if isinstance(k, type) and k.__module__ in modules}
    assert set(get_args(chain_event.Event)) == kinds
    calls = {k for k in vars(chain_call).values() if isinstance(k, type)} - {chain_call.Struct}
    assert set(get_args(chain_call.Call)) == calls
