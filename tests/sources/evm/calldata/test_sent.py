"""A call as it reaches a contract: whom routers mean, what is all there is."""

from sources.evm.calldata.sent import Sent, all_or, by_selector, nothing
from tests.sources.evm.calldata.encoded import COIN, EVERYTHING, ONE, SENDER, TO, TWO


def test_whom_a_router_means() -> None:
    sent = Sent(TO, 0, SENDER)
    assert [sent.recipient(address) for address in (ONE, TWO, COIN, SENDER)] == [
        SENDER, TO, COIN, SENDER
    ]  # fmt: skip


def test_all_there_is() -> None:
    assert [all_or(amount) for amount in (0, EVERYTHING - 1, EVERYTHING)] == [
        0, EVERYTHING - 1, None
    ]  # fmt: skip


def test_functions_by_selector() -> None:
    ((code, known),) = by_selector({"transfer(address,uint256)": nothing}).items()
    assert (code.hex(), known.types) == ("a9059cbb", ("address", "uint256"))
    assert list(known.read(Sent(TO, 0, SENDER), (SENDER, 1))) == []
