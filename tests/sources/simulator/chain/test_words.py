"""Hashes that everybody knows, and addresses as a call has them."""

import pytest

from sources.simulator.chain import (
    concentrated,
    configurator,
    constant_product,
    lending,
    liquidation,
    oracle,
    reserve,
    scaled_token,
    token,
)
from sources.simulator.chain.routers import packed_path, unpacked
from sources.simulator.chain.traders import IN_SINGLE, OUT_SINGLE, UNIVERSAL, V2_IN, V2_OUT
from sources.simulator.chain.words import Event, call, decoded, selector

TOPICS = {
    "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef": token.TRANSFER,
    "0xd78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822": constant_product.SWAP,
    "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1": constant_product.SYNC,
    "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67": concentrated.SWAP,
    "0x458f5fa412d0f69b08dd84872b0215675cc67bc1d5b6fd93300a1c3878b86196": scaled_token.MINT,
    "0x4cf25bc1d991c17529c25213d3cc0cda295eeaad5f13f361969b12ea48015f90": scaled_token.BURN,
    "0x4beccb90f994c31aced7a23b5611020728a23d8ec5cddd1a3e9d97b96fda8666":
        scaled_token.BALANCE_TRANSFER,
    "0x804c9b842b2748a22bb64b345453a3de7ca54a6ca45ce00d415894979e22897a":
        reserve.RESERVE_DATA_UPDATED,
    "0xe413a321e8681d831f4dbccbca790d2952b56f977908e45be37335533e005286":
        liquidation.LIQUIDATION_CALL,
    "0x2bccfb3fad376d59d7accf970515eb77b2f27b082c90ed0fb15583dd5a942699":
        liquidation.DEFICIT_CREATED,
    "0x2b627736bca15cd5381dcf80b0bf11fd197d01a037c52b927a881a10fb73ba61": lending.SUPPLY,
    "0xb3d084820fb1a9decffb176436bd02558d15fac9b0ddfed8c465bc7359d7dce0": lending.BORROW,
    "0xd728da875fc88944cbf17638bcbe4af0eedaef63becd1d1c57cc097eb4608d84": lending.EMODE_SET,
    "0xc797025feeeaf2cd924c99e9205acb8ec04d5cad21c41ce637a38fb6dee6016a":
        oracle.NEW_TRANSMISSION,
    "0x0559884fd3a460db3073b7fc896cc77986f16e378210ded43186175bf646fc5f": oracle.ANSWER_UPDATED,
    "0x637febbda9275aea2e85c0ff690444c8d87eb2e8339bbede9715abcc89cb0995": configurator.COLLATERAL,
    "0x0acf8b4a3cace10779798a89a206a0ae73a71b63acdd3be2801d39c2ef7ab3cb": configurator.CATEGORY,
}  # fmt: skip
SELECTORS = {
    V2_IN: "38ed1739", V2_OUT: "8803dbee", IN_SINGLE: "04e45aaf", OUT_SINGLE: "5023b4df",
    UNIVERSAL: "3593564c", oracle.TRANSMIT: "b1dc65a4", "forward(address,bytes)": "6fadcf72",
    "liquidationCall(address,address,address,uint256,bool)": "00a718a9",
    "getReserveData(address)": "35ea6a75", "slot0()": "3850c7bd",
}  # fmt: skip


@pytest.mark.parametrize(("topic", "event"), TOPICS.items())
def test_topics(topic: str, event: Event) -> None:
    assert event.topic == topic


def test_selectors() -> None:
    assert {name: selector(name).hex() for name in SELECTORS} == SELECTORS


def test_logs_read_back() -> None:
    values = ("0x" + 40 * "a", "0x" + 40 * "b", -5, 7, 1 << 90, 9, -3)
    event = concentrated.SWAP
    topics = event.topics(values)
    assert topics[1:] == ("0x" + 24 * "0" + 40 * "a", "0x" + 24 * "0" + 40 * "b")
    assert event.read(topics, event.data(values)) == values


def test_what_does_not_fit_is_refused() -> None:
    data = call("approve(address,uint256)", "0x" + 40 * "c", 5)[4:]
    assert decoded(("address", "uint256"), data) == ("0x" + 40 * "c", 5)
    for types, given in ((("address", "uint256"), data[:-1]), (("bytes[]",), b"\xff" * 64)):
        with pytest.raises(ValueError, match=r"."):
            decoded(types, given)


def test_paths_both_ways() -> None:
    tokens, fees = ["0x" + 40 * digit for digit in "123"], [500, 3000]
    assert unpacked(packed_path(tokens, fees)) == (tokens, fees)
