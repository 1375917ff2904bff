"""Chains on the page in a real browser: what one reads, how it changes, in any window."""

import re
from typing import Any

import pytest

from flows.page.server import Page
from tests.flows.page.browser import Tab, look
from tests.flows.page.chain_moment import (
    ACCOUNTS,
    account,
    chain_moment,
    gas,
    mempool,
    oracle,
    pool,
)
from tests.flows.page.conftest import At
from tests.flows.page.rows import NOW, S, items, moment, tick

ETHEREUM, BASE = (f".chain[data-name='{name}']" for name in ("ethereum", "base"))


def steady(text: str) -> str:
    """Without the ages, which go on while one reads."""
    return re.sub(r"(?<=Age of the head )[\d.]+ s", "AGE", text)


def test_the_section_is_there_when_a_chain_is(tab: Tab, page: Page) -> None:
    page.show(items(*moment()))
    look(tab, page)
    assert tab.text("#chains") == ""
    page.show(items(gas()))
    tab.wait("document.querySelector('.chain')")
    assert steady(tab.text("#chains")) == (
        "Chains 1 ethereum ok Head 0 Age of the head AGE Base fee – Base fee, next block – "
        "Congestion – Transactions waiting 0 Oracles No oracle has been read. "
        "Pools No pool has been read. Waiting, by asset Nothing that is known. "
        "Lending No account near the edge is known."
    )
    titles = tab.evaluate("[...document.querySelectorAll('main h2')].map(h => h.id)")
    assert titles[2:] == ["instruments-title", "chains-title", "feeds-title"]


def test_everything_that_is_known_is_there_with_its_unit(tab: Tab, page: Page) -> None:
    page.show(items(*chain_moment()))
    look(tab, page)
    assert tab.text("#chains .count") == "2"
    assert tab.text("#status") == "live"
    assert steady(tab.text(ETHEREUM)) == (
        "ethereum degraded incomplete Head 24,000,005 Age of the head AGE Base fee 1.86 gwei "
        "Base fee, next block 0.0100 gwei Congestion 0.46 Transactions waiting 1,234 "
        "Oracles Oracle On chain Pending Market Deviation P(update) Quality "
        "BTC/USD · chainlink – – – – – warming "
        "ETH/USD · chainlink 3,150.000 3,080.500 3,079.250 450 % 93 % ok "
        "Pools Pool Protocol, fee Price After pending Sell 100k USD Quality "
        "BTC/USDC uniswap-v3, – – – – degraded, unproved "
        "ETH/USDC uniswap-v3, 5.00 bp 3,153.720 3,100.250 6.19 bp ok "
        "Waiting, by asset Asset Net, USD Liquidations Repaying, USD Quality "
        "BTC +584 0 0 ok ETH −1.23M 2 50.0k ok, unvalued "
        "Lending aave: 8 near the edge "
        "Account Now At pending At market Collateral, USD Debt, USD Quality "
        "Worst health 0.999 0.984 – Below 1 1 of 8 3 of 8 – "
        "0x0000…0010 0.999 0.984 – 41.4k 33.2k ok "
        "0x0000…0011 1.002 0.987 – 41.4k 33.2k ok "
        "0x0000…0012 1.010 0.995 – 41.4k 33.2k ok "
        "0x0000…0013 1.020 1.005 – 41.4k 33.2k ok "
        "0x0000…0014 1.030 1.015 – 41.4k 33.2k ok"
    )
    marked = tab.evaluate(
        f"[...document.querySelectorAll({ETHEREUM + ' .some'!r})].map(c => c.textContent)"
    )
    assert [text.replace("\xa0", " ") for text in marked] == [
        *("450 %", "2", "0.999", "0.984", "1 of 8", "3 of 8"),
        *("0.999", "0.984", "0.987", "0.995"),
    ]
    age = tab.text(f"{ETHEREUM} .age")
    assert 8.5 <= float(age.removesuffix(" s")) < 30.0
    assert tab.evaluate("[...document.querySelectorAll('.chain h3')].map(h => h.innerText)") == [
        *("base", "ethereum")
    ]


def test_what_changes_is_seen_and_what_is_gone_goes(tab: Tab, page: Page) -> None:
    page.show(items(*chain_moment()))
    look(tab, page)
    tab.evaluate(f"document.querySelector({ETHEREUM + ' .pools tbody'!r}).lastChild.kept = true")
    at = NOW + 10 * S
    page.show(items(mempool(at), mempool(at, "BTC"), pool(at, px=3.0), oracle(at, px=4.0)))
    page.show(items(account(at, ACCOUNTS[6], health=1.2, health_market=1.5, debt_usd=7.0)))
    tab.wait(f"document.querySelector({ETHEREUM + ' .market h4'!r}).textContent[6] === '1'")
    assert tab.text(f"{ETHEREUM} .waiting") == "Waiting, by asset Nothing that is known."
    assert tab.text(f"{ETHEREUM} .market").split("Quality ")[1] == (
        "Worst health 1.200 – 1.500 Below 1 0 of 1 – 0 of 1 0x0000…0016 1.200 – 1.500 – 7.00 ok"
    )
    last = tab.text(f"{ETHEREUM} .pools tbody tr:last-child")
    assert last == "ETH/USDC uniswap-v3, – 3.000000 – – ok"
    assert tab.evaluate(f"document.querySelector({ETHEREUM + ' .pools tbody'!r}).lastChild.kept")
    assert tab.text(f"{ETHEREUM} .oracles tbody tr:last-child").startswith(
        "ETH/USD · chainlink 4.000000 – –"
    )
    page.show(items(gas(NOW + 60 * S)))
    tab.wait(f"!document.querySelector({ETHEREUM + ' .market'!r})")
    assert tab.text(f"{ETHEREUM} .lending") == "Lending No account near the edge is known."


def test_what_is_old_says_so(tab: Tab, page: Page, at: At) -> None:
    page.show(items(*chain_moment(), tick()))
    look(tab, page)
    at.ns = NOW + 60 * S
    page.show(items(gas(NOW + 60 * S, "base", block_age_s=90.0), tick(NOW + 60 * S)))
    tab.wait(f"document.querySelector({ETHEREUM!r}).classList.contains('stale')")
    tab.wait(f"document.querySelector({BASE + ' .chips'!r}).textContent.startsWith('1')")
    chips = [tab.text(f"{name} .chips") for name in (ETHEREUM, BASE)]
    assert [re.sub(r"\d+ s old", "old", text) for text in chips] == [
        "1 min old degraded incomplete",
        "1 min old ok",  # the node speaks, but of an old block
    ]
    assert tab.text(f"{ETHEREUM} .oracles tbody tr td:last-child") == "1 min old, warming"
    assert tab.text(f"{ETHEREUM} .pools tbody tr td:last-child") == "1 min old, degraded, unproved"
    assert tab.text(f"{ETHEREUM} .waiting tbody tr td:last-child") == "1 min old, ok"
    assert tab.text(f"{ETHEREUM} h4:has(+ table)") == "aave: 8 near the edge, 1 min old"


def test_names_from_outside_are_text(tab: Tab, page: Page) -> None:
    bad = "<img src=x onerror=alert(1)>"
    rows = [account(name=bad, market=bad), pool(name=bad, asset=bad, quote=bad, protocol=bad)]
    page.show(items(gas(chain=bad), *rows, oracle(asset=bad), mempool(asset=bad, swaps=1)))
    look(tab, page)
    tab.wait("document.querySelector('.market')")
    assert tab.evaluate("document.querySelectorAll('#chains img').length") == 0
    assert tab.text(".market h4") == f"{bad}: 1 near the edge"


@pytest.mark.parametrize("width", [320, 390, 700, 760, 1030, 1320, 1600])
def test_no_window_is_too_narrow(tab: Tab, page: Page, width: int) -> None:
    long: dict[str, Any] = {
        "asset": "ALONGWRAPPEDNAME",
        "flags": ("incomplete", "unproved", "unvalued"),
    }
    page.show(items(*chain_moment(), mempool(NOW + S, swaps=1, net_usd=-1e9, **long)))
    page.show(items(pool(name="evm-1:0x07", px=1.5e-9, fee_bp=100.0, **long), oracle(NOW, **long)))
    page.show(items(account(NOW + S, health=1.0, flags=("emode", "isolated"))))
    look(tab, page, width=width)
    tab.wait("document.querySelector('.market')")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate(
        "[...document.querySelectorAll('.chain, .chain > *, .chain dd, .market')]"
        ".every(part => part.scrollWidth <= part.clientWidth)"
    )


FORMATS = [
    ("f.signedUsd(0)", "0"),
    ("f.signedUsd(1234567)", "+1.23M"),
    ("f.signedUsd(-12.3)", "−12.3"),
    ("f.signedUsd(null)", "–"),
    ("f.gwei(0.0103)", "0.0103 gwei"),
    ("f.gwei(0)", "0 gwei"),
    ("f.gwei(123.4)", "123 gwei"),
    ("f.gwei(undefined)", "–"),
    ("f.score(1)", "1.00"),
    ("f.score(null)", "–"),
    ("f.health(0.99999)", "0.999"),
    ("f.health(1)", "1.000"),
    ("f.health(1.02)", "1.020"),
    ("f.health(1.9999)", "1.999"),
    ("f.health(null)", "–"),
    ("f.shortened('0x021d0eec33d7ad5a39c0938637973626274c853e')", "0x021d…853e"),
    ("f.shortened('a.near')", "a.near"),
]


def test_numbers_as_text(tab: Tab, page: Page) -> None:
    look(tab, page)
    calls = ", ".join(call for call, _ in FORMATS)
    found = tab.evaluate(f"import('/format.js').then(f => [{calls}])")
    assert [text.replace("\xa0", " ") for text in found] == [text for _, text in FORMATS]
