"""What a node's session knows beforehand: from settings, from a header, or nothing."""

import msgspec
import pytest

from schemas.chain_contract import ChainSettings
from schemas.errors import UsageError
from sources.evm.assumed import EvmAssumed
from sources.registry import assumed_for, feed_for, is_venue, session_for
from tests.sources.evm.node_talk import WATCHED
from tests.sources.talk import as_is


def test_a_chain_as_it_stands_in_a_header() -> None:
    header = msgspec.json.decode(msgspec.json.encode(EvmAssumed(chain=WATCHED)))
    found = assumed_for("evm-1", header)
    assert found == EvmAssumed(chain=WATCHED)
    assert session_for("evm-1", "evm-1-1", as_is, found).venue == "evm-1"
    assert feed_for("evm-1", (), found).venue == "evm-1"


def test_a_chain_that_nobody_described() -> None:
    assert EvmAssumed().of("evm-8453") == ChainSettings(id=8453, name="evm-8453")
    assert assumed_for("evm-10") == EvmAssumed()


def test_names_of_chains() -> None:
    assert [is_venue(name) for name in ("evm-1", "evm-01", "evm-", "evm-1x", "evm-0")] == [
        True, False, False, False, False,
    ]  # fmt: skip
    with pytest.raises(UsageError, match="the venue is wrong"):
        assumed_for("evm-1", {"chain": {"id": "one"}})
