"""What all folds promise: taking back a log leaves nothing of it; a restored one goes on."""

from typing import Any

import pytest

from models.chain.fold import Fold
from models.lending.aave import AaveConfig, AaveMarket
from models.lending.comet import CometMarket
from models.lending.comet_state import CometConfig
from models.lending.version import VERSIONS
from models.oracle.feed import Feeds
from models.pools.fold import Pools
from models.pools.pool import Pool
from schemas.chain import BlockAt
from schemas.chain_event import (
    AnswerUpdated,
    AssetPrice,
    CometReading,
    CometSupply,
    FeedState,
    ReserveReading,
    ScaledMint,
    Transfer,
    V2Sync,
)

A, T0, T1 = "0xa", "0x1", "0x2"
RESERVE = ReserveReading(T0, "WETH", 18, "0xat", "0xdt", 8000, 8250, 10500, 0, 0, 0, 0, True,
                         False, False)  # fmt: skip
POOL = Pool(address=A, protocol="uniswap-v2", token0=T0, token1=T1, decimals0=18, decimals1=6)
COMET = CometReading(T1, 6, 10**15, 10**15, 1, 2, 5, ())

FOLDS: list[tuple[Any, list[tuple[str, Any]]]] = [
    (lambda: Pools([POOL]), [(A, V2Sync(1, 2)), (A, V2Sync(3, 4)), ("0xelse", V2Sync(5, 6))]),
    (Feeds, [(A, FeedState("0xagg", 1, 8, "", 1, 5, 6)), ("0xagg", AnswerUpdated(7, 2, 8))]),
    (lambda: AaveMarket(AaveConfig("m", VERSIONS["v3.3"], frozenset({A}), complete=True)),
     [(A, RESERVE), (A, AssetPrice(T0, 5)), ("0xat", ScaledMint("0xu", 9, 0, 10**27))]),
    (lambda: CometMarket(CometConfig("m", frozenset({A}), complete=True)),
     [(A, COMET), (A, CometSupply("0xu", 100)), (A, CometSupply("0xu", -300))]),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(FOLDS)))
def test_taking_back_is_the_inverse_and_restoring_goes_on(case: int) -> None:
    made, said = FOLDS[case]
    fold: Fold = made()
    before, done = [], []
    for number, (address, event) in enumerate(said):
        before.append(fold.snapshot())
        done.append(fold.apply(BlockAt(number, str(number), 10 + number), address, event))
    after = fold.snapshot()
    again: Fold = made()
    again.restore(after)
    assert again.snapshot() == after
    for one, state in zip(reversed(done), reversed(before), strict=True):
        if one is not None:
            fold.undo(one)
        assert fold.snapshot() == state
    assert any(one is not None for one in done)


@pytest.mark.parametrize("case", range(len(FOLDS)))
def test_what_does_not_concern_it_changes_nothing(case: int) -> None:
    fold: Fold = FOLDS[case][0]()
    before = fold.snapshot()
    assert fold.apply(BlockAt(1, "1", 1), "0xstranger", Transfer("0x1", "0x2", 3)) is None
    assert fold.snapshot() == before
