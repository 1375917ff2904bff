"""Logs → rows: once each, grouped by line, withdrawn ones flagged, strangers passed over."""

from typing import Any

from flows.chain_events import fresh, liquidation_rows, protocol_rows
from models.chain.tokens import Token, Tokens
from schemas.chain import ChainItem, Log
from schemas.chain_contract import ChainSettings, LendingContract
from schemas.chain_event import (
    AbsorbCollateral,
    AuthorityChange,
    DeficitCreated,
    LiquidationCall,
    ParameterChange,
    V2Sync,
)
from schemas.market import PositionSide

POOL, WETH, USDC, USER = ("0x" + two * 20 for two in ("aa", "bb", "cc", "dd"))
CHAIN = ChainSettings(
    id=1, name="ethereum", lending=[LendingContract(name="aave", protocol="aave-v3", pool=POOL)]
)
PRICES = {"ETH": 2000.0}


def tokens() -> Tokens:
    known = Tokens()
    known.learn(Token(WETH, "ETH", 18, dollar=False))
    known.learn(Token(USDC, "USDC", 6, dollar=True))
    return known


def heard(event: Any, line: int = 7, index: int = 1, **more: Any) -> tuple[ChainItem, Log]:
    fields = {"address": POOL, "removed": False} | more
    log = Log(5, "0xb", "0xt", index, event=event, **fields)
    return ChainItem("evm-1:chain", "evm-1-1", 1_000 + line, line, log), log


def seizure(repaid: int = 1_900_000_000, seized: int = 10**18, **more: Any) -> Any:
    return LiquidationCall(WETH, USDC, USER, repaid, seized, "0xl", False)


def test_a_log_counts_once_and_its_withdrawal_too() -> None:
    known: dict[Any, None] = {}
    one, gone = heard(V2Sync(1, 2)), heard(V2Sync(1, 2), removed=True)
    assert fresh([one, one], known) == [one]
    assert fresh([one, gone, gone], known) == [gone]
    both = [heard(V2Sync(3, 4), index=9), heard(V2Sync(5, 6), index=9)]
    assert fresh(both, known) == both  # one log that says two things
    many = [heard(V2Sync(k, 0), index=k) for k in range(50)]
    fresh(many, known, most=20)
    assert len(known) == 20


def test_changes_of_the_rules() -> None:
    said = [
        heard(ParameterChange("supply_cap", WETH, "1", "2", "tokens")),
        heard(AuthorityChange("upgraded", None, "0xnew"), index=2),
        heard(DeficitCreated(USER, USDC, 77), line=8),
        heard(DeficitCreated(USER, USDC, 70, covered=True), line=9, removed=True),
        heard(V2Sync(1, 2), line=10),
        heard(ParameterChange("supply_cap", WETH, "1", "2", "tokens"), address="0xstranger"),
    ]
    items = list(protocol_rows(CHAIN, said))
    assert [(item.scope, item.mark, len(item.rows)) for item in items] == [
        (("evm-1-1",), 7, 2), (("evm-1-1",), 8, 1), (("evm-1-1",), 9, 1),
    ]  # fmt: skip
    rows: list[Any] = [row for item in items for row in item.rows]
    assert [(r.kind, r.name, r.about, r.old, r.new, r.unit, r.removed) for r in rows] == [
        ("parameter", "supply_cap", WETH, "1", "2", "tokens", False),
        ("authority", "upgraded", "", None, "0xnew", "address", False),
        ("deficit", "deficit_created", USER, None, "77", f"least unit of {USDC}", False),
        ("deficit", "deficit_covered", USER, None, "70", f"least unit of {USDC}", True),
    ]


def test_seized_collateral_is_a_forced_sale() -> None:
    (item,) = liquidation_rows(CHAIN, [heard(seizure())], tokens(), PRICES)
    (row,) = item.rows
    assert (row.ts, row.line, row.instrument, row.asset) == (1_007, 7, "evm-1:aave", "ETH")  # type: ignore[attr-defined]
    assert (row.px, row.size_base, row.size_usd) == (1900.0, 1.0, 1900.0)  # type: ignore[attr-defined]
    assert (row.position_side, row.flags) == (PositionSide.long, ())  # type: ignore[attr-defined]


def test_dollars_under_another_debt_are_a_short_that_is_bought_back() -> None:
    call = LiquidationCall(USDC, WETH, USER, 2 * 10**18, 4_200_000_000, "0xl", False)
    (item,) = liquidation_rows(CHAIN, [heard(call, removed=True)], tokens(), PRICES)
    (row,) = item.rows
    assert (row.asset, row.size_base, row.px) == ("ETH", 2.0, 2000.0)  # type: ignore[attr-defined]
    assert (row.position_side, row.flags) == (PositionSide.short, ("removed",))  # type: ignore[attr-defined]


def test_comets_tell_dollars_themselves() -> None:
    absorbed = AbsorbCollateral("0xa", USER, WETH, 5 * 10**17, 95_000_000_000)
    (item,) = liquidation_rows(CHAIN, [heard(absorbed)], tokens(), {})
    (row,) = item.rows
    assert (row.size_base, row.size_usd, row.px) == (0.5, 950.0, 1900.0)  # type: ignore[attr-defined]


def test_what_cannot_be_valued_has_no_row() -> None:
    strange = LiquidationCall("0xstrange", USDC, USER, 5, 5, "0xl", False)
    said = [heard(strange), heard(seizure(seized=0)), heard(seizure(), address="0xother")]
    assert list(liquidation_rows(CHAIN, said, tokens(), PRICES)) == []
    assert list(liquidation_rows(CHAIN, [heard(seizure())], Tokens(), PRICES)) == []
