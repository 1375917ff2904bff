"""Pyth's binary updates: recordings decode to what is parsed beside them, exactly; bad ones do not.

Independent: tests/reference/pyth_binary.py, which writes, reads and hashes by itself.
"""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.pyth_accumulator import BinaryPrice, decoded_binary, root_of
from sources.wire_numbers import Refused
from tests.reference import pyth_binary as slow
from tests.shared import shared_file

RECORDINGS = ("21d17be7", "2867b49a")
PRICES = st.fixed_dictionaries(
    {
        "id": st.binary(min_size=32, max_size=32).map(bytes.hex),
        "price": st.integers(-(1 << 63), (1 << 63) - 1),
        "conf": st.integers(0, (1 << 64) - 1),
        "expo": st.integers(-(1 << 31), (1 << 31) - 1),
        "publish_s": st.integers(-(1 << 63), (1 << 63) - 1),
        "prev_publish_s": st.integers(-(1 << 63), (1 << 63) - 1),
        "ema_price": st.integers(-(1 << 63), (1 << 63) - 1),
        "ema_conf": st.integers(0, (1 << 64) - 1),
    }
)
SMALL: dict[str, Any] = {
    "id": "ab" * 32, "price": -5, "conf": 7, "expo": -8, "publish_s": 1_700_000_000,
    "prev_publish_s": 1_699_999_999, "ema_price": 6, "ema_conf": 1,
}  # fmt: skip


def recorded(name: str) -> dict[str, Any]:
    path = shared_file(f"data/oracle/pyth_hermes_{name}.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["hermesResponse"]
    return found


def binary(name: str) -> bytes:
    return bytes.fromhex(recorded(name)["binary"]["data"][0])


def plain(prices: tuple[BinaryPrice, ...]) -> list[dict[str, Any]]:
    return [msgspec.structs.asdict(price) for price in prices]


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"transfer(address,uint256)", "a9059cbb"),
        (b"AnswerUpdated(int256,uint256,uint256)",
         "0559884fd3a460db3073b7fc896cc77986f16e378210ded43186175bf646fc5f"),
    ],
)  # fmt: skip
def test_the_reference_hashes_as_published(text: bytes, digest: str) -> None:
    assert slow.keccak256(text).hex().startswith(digest)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_updates_decode_to_what_is_parsed(name: str) -> None:
    parsed = recorded(name)["parsed"]
    expected = [
        BinaryPrice(
            id=feed["id"],
            price=int(feed["price"]["price"]),
            conf=int(feed["price"]["conf"]),
            expo=feed["price"]["expo"],
            publish_s=feed["price"]["publish_time"],
            prev_publish_s=feed["metadata"]["prev_publish_time"],
            ema_price=int(feed["ema_price"]["price"]),
            ema_conf=int(feed["ema_price"]["conf"]),
            slot=feed["metadata"]["slot"],
        )
        for feed in parsed
    ]
    found = decoded_binary(binary(name))
    assert (len(found), found) == (20, tuple(expected))
    assert all(f["ema_price"]["expo"] == f["price"]["expo"] for f in parsed)
    assert all(f["ema_price"]["publish_time"] == f["price"]["publish_time"] for f in parsed)
    assert plain(found) == slow.read(binary(name))


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_first_price_of_each_recording_by_hand(name: str) -> None:
    first = decoded_binary(binary(name))[0]
    assert (first.price, first.conf, first.expo, first.publish_s, first.slot) == {
        "21d17be7": (10736019000000, 3419999999, -8, 1751002514, 226061248),
        "2867b49a": (10739295214941, 2502546925, -8, 1751003686, 226064113),
    }[name]


@settings(max_examples=30, deadline=None)
@given(st.lists(PRICES, min_size=1, max_size=4), st.integers(0, (1 << 64) - 1), st.data())
def test_what_the_reference_writes_is_read(
    prices: list[dict[str, Any]], slot: int, data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(prices))), max_size=5))
    header, more = data.draw(st.binary(max_size=9)), data.draw(st.binary(max_size=9))
    signatures = data.draw(st.integers(0, 3))
    messages = [slow.price_message(price, more) for price in prices]
    update = slow.written(
        messages, slot=slot, signatures=signatures, header=header, minor=3, chosen=chosen
    )
    assert plain(decoded_binary(update)) == [prices[k] | {"slot": slot} for k in chosen]


def test_messages_that_are_no_prices_are_left_out() -> None:
    average = b"\1" + bytes(100)
    update = slow.written([average, slow.price_message(SMALL), b"", b"\xff"], slot=9)
    assert plain(decoded_binary(update)) == [SMALL | {"slot": 9}]
    assert decoded_binary(slow.written([average])) == ()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=9), st.data())
def test_paths_lead_to_the_references_root(messages: list[bytes], data: st.DataObject) -> None:
    levels = slow.tree_of(messages)
    place = data.draw(st.sampled_from(range(len(messages))))
    path = b"".join(slow.path_of(levels, place))
    assert root_of(messages[place], path) == levels[-1][0]


# -- what is refused -------------------------------------------------------------------------


def update() -> bytes:
    return slow.written([slow.price_message(SMALL), slow.price_message(SMALL | {"price": 8})])


@pytest.mark.parametrize(
    ("begin", "replacement", "detail"),
    [
        (0, b"PNAX", "it does not begin with PNAU"),
        (4, b"\x02", "major version 2 is not known"),
        (7, b"\x01", "proofs of kind 1 are not known"),
        (10, b"\x02", "a VAA of version 2 is not known"),
        (10 + 6 + 66 + 51, b"AUWX", "the signed message is no Merkle root"),
        (10 + 6 + 66 + 51 + 4, b"\x01", "the signed message is no Merkle root"),
        (10 + 6 + 66 + 51 + 17, b"\xff\xff", "a message is not under the root"),
    ],
)
def test_what_is_wrong_is_said(begin: int, replacement: bytes, detail: str) -> None:
    good = update()
    bad = good[:begin] + replacement + good[begin + len(replacement) :]
    with pytest.raises(Refused) as refused:
        decoded_binary(bad)
    assert refused.value.detail == f"binary update: {detail}"
    assert refused.value.reason == "wrong_type"


def test_too_short_and_too_long() -> None:
    good = update()
    for end in range(len(good)):
        with pytest.raises(Refused, match="short"):
            decoded_binary(good[:end]) if end >= 4 else decoded_binary(b"PNAU"[:end])
    with pytest.raises(Refused, match="1 bytes follow its end"):
        decoded_binary(good + b"\0")
    short = slow.written([slow.price_message(SMALL)[:-1]])
    with pytest.raises(Refused, match="a price message is too short"):
        decoded_binary(short)


def test_any_changed_byte_of_a_price_or_its_path_is_noticed() -> None:
    good = update()
    first = good.index(slow.price_message(SMALL))
    for at in range(first, len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x10
        with pytest.raises(Refused):
            decoded_binary(bytes(bad))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for start in (b"", b"PNAU\1\0\0\0"):
        try:
            decoded_binary(start + data)
        except Refused:
            continue
        assert data
