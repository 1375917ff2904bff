"""`[[chain]]` and nodes as sources: every mistake at once, with its line and what is right."""

from pathlib import Path

import pytest

from flows.live_inputs import expanded, urls_of
from flows.settings import load
from schemas.errors import SettingsError, UsageError
from schemas.settings import SourceSettings
from sources.registry import feed_for
from tests.shared import ROOT

WRONG = """\
[[source]]
venue = "evm-1"
rest_url = "http://x:1"
[[source]]
venue = "evm-5"
ws_url = "http://x"
streams = ["block"]
[[chain]]
id = 1
name = "ethereum"
colour = 3
[[chain.pool]]
address = "0x12"
protocol = "uniswap-v4"
[[chain]]
id = 1
name = "ethereum"
[[chain.lending]]
name = "aave"
protocol = "aave-v3"
pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2"
[[chain.lending]]
name = "aave"
protocol = "compound-v3"
pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2"
version = "v9"
"""


def test_every_mistake_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(WRONG)
    with pytest.raises(SettingsError) as wrong:
        load(path, {}, {})
    told = [line.removeprefix(f"{path}:") for line in str(wrong.value).splitlines()]
    assert told == [
        '1: evm-1 has no public node: give the source a "ws_url"',
        "3: source.rest_url: a node is asked over its ws_url alone",
        '6: source.ws_url must be wss://host/path, where "${NAME}" stands for a variable of the '
        "environment",
        '7: evm-5 has no stream "block", did you mean "blocks"?',
        '11: unknown key "colour", valid are block_s, coin, denominator, elasticity, fees, id, '
        "lending, name, oracle, pool",
        "13: chain.pool.address must be an address: 0x and 40 hexadecimal digits, not the text "
        '"0x12"',
        '14: chain.pool.protocol must be one of "uniswap-v2", "uniswap-v3", not the text '
        '"uniswap-v4"',
        "16: chain.id: a second chain 1: write them as one",
        '17: chain.name: "ethereum" stands twice',
        '18: aave: a market of Aave needs "oracle", its prices\' source',
        '23: chain.lending.name: "aave" stands twice',
        '26: chain.lending.version must be one of "v2", "v3.0", "v3.3", "v3.4", "v3.5", "v3.6", '
        '"v3.7", not the text "v9"',
    ]


def test_the_example_is_right() -> None:
    settings = load(ROOT / "infra" / "chain.toml", {}, {})
    assert [chain.name for chain in settings.chain] == ["ethereum"]


def test_a_key_that_stands_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[[source]]\nvenue = "pyth"\ninstruments = ["Crypto.BTC/USD"]\nkey = "abc"\n')
    with pytest.raises(SettingsError) as wrong:
        load(path, {}, {})
    assert str(wrong.value) == (
        f'{path}:4: source.key must name a variable of the environment, as in "${{MY_KEY}}": '
        "a key does not belong into a file"
    )
    path.write_text('[[source]]\nvenue = "okx"\ninstruments = ["BTC-USDT"]\nkey = "${KEY}"\n')
    with pytest.raises(SettingsError, match=r":4: source.key: okx takes no key"):
        load(path, {}, {})
    assert feed_for("pyth").headers == ()
    with pytest.raises(UsageError, match="okx takes no key: what it shows is public"):
        feed_for("okx").authorise("abc")
    assert expanded("${A}-${B}", "x", {"A": "1", "B": "2"}) == "1-2"


def test_keys_come_from_the_environment() -> None:
    source = SourceSettings(venue="evm-1", ws_url="wss://h/${KEY}/x")
    assert urls_of(source, {"KEY": "secret"}) == {"ws_url": "wss://h/secret/x"}
    with pytest.raises(UsageError, match="evm-1: ws_url wants the variable KEY, which is not set"):
        urls_of(source, {})
    assert urls_of(SourceSettings(venue="okx"), {}) == {}
