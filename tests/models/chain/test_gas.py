"""A chain's gas, head by head."""

from typing import Any

from models.chain.base_fee import NOT_DERIVABLE
from models.chain.congestion import Crowd
from models.chain.fee_forecast import Forecast
from models.chain.gas import Gas, GasState
from models.chain.pending_gas import Bid, PendingGas
from schemas.chain import BlockAt, FeeHistory, Head
from tests.reference.chain_demand import LIMIT, market


def head(number: int, base: int | None, used: int, limit: int = LIMIT) -> Head:
    return Head(BlockAt(number, f"0x{number}", number), f"0x{number - 1}", base, used, limit)


def test_the_first_head_says_what_is_certain() -> None:
    gas = Gas()
    assert gas.value is None
    gas.history(FeeHistory(5, (1, 1), (0.5,), (50.0,), ((7,),)))
    waiting = PendingGas([Bid(2 * 10**9, 10**9, LIMIT), Bid(10**9, 10**9, LIMIT)])
    assert gas.update(head(9, 10**9, LIMIT), waiting, [3]) == GasState(
        BlockAt(9, "0x9", 9),
        10**9,
        1_125_000_000,
        (Forecast(1, 1_125_000_000.0, 0.0), None, None),
        2.0,
        2.0,
        0,
        (875_000_000,) * 3,
        ((50.0, 7),),
        Crowd(None, None, 0.5, 1.0 - 1.0 / 3.0, 3.0),
    )


def test_a_chain_without_a_derivable_fee() -> None:
    gas = Gas(NOT_DERIVABLE)
    got = gas.update(head(1, 10**8, 5), PendingGas([Bid(10**9, 1, 1)]))
    assert (got.base_fee_wei, got.next_base_fee_wei, got.forecasts) == (10**8, None, (None,) * 3)
    assert (got.waiting_of_target, got.entry_tip_wei, got.waiting_tips_wei) == (
        None,
        None,
        (None,) * 3,
    )
    got = gas.update(head(2, None, 5, 0))
    assert (got.base_fee_wei, got.used_of_target, got.crowd.score) == (None, None, None)


def test_restores_anywhere_and_two_chains_do_not_touch() -> None:
    chains: list[tuple[Gas, Gas, Any]] = [(Gas(), Gas(), market(seed, 90)) for seed in (1, 2)]
    for n in range(90):
        for at, (gas, kept, blocks) in enumerate(chains):
            copy = Gas()
            copy.restore(gas.snapshot())
            chains[at] = (copy, kept, blocks)
            block = blocks[n]
            waiting = PendingGas(Bid(*row) for row in block.waiting[:50])
            args = (head(n, block.base_fee_wei, block.gas_used), waiting, [1, 2])
            assert copy.update(*args) == kept.update(*args)
    alone = Gas()
    for n, block in enumerate(chains[1][2]):
        waiting = PendingGas(Bid(*row) for row in block.waiting[:50])
        alone.update(head(n, block.base_fee_wei, block.gas_used), waiting, [1, 2])
    assert alone.value == chains[1][0].value
    assert alone.value is not None
    assert None not in alone.value.forecasts
    assert alone.value.crowd.score is not None
