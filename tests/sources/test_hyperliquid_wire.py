"""Payloads become structs, or are refused with the reason."""

from typing import Any

import msgspec
import pytest

from schemas.control import Reason
from sources import hyperliquid_wire as wire
from sources.hyperliquid_wire import decode
from sources.wire_numbers import Refused

LEVERAGE = b'{"type":"cross","value":3}'


def test_the_envelope_keeps_its_data_unread() -> None:
    frame = decode(wire.FRAME, b'{"channel":"x","data":{"any":[1]},"more":0}')
    assert (frame.channel, bytes(frame.data)) == ("x", b'{"any":[1]}')
    assert decode(wire.FRAME, b'{"unheard":"of"}') == wire.Frame()


def test_what_is_not_sent_is_unknown() -> None:
    held = b'[{"type":"oneWay","position":{"coin":"BTC","szi":"-1","leverage":%b}}]' % LEVERAGE
    state = decode(wire.STATE, b'{"assetPositions":%b}' % held)
    position = wire.Position("BTC", "-1", wire.Leverage("cross", 3))
    assert state == wire.State([wire.Held(position)])
    nulls = b'"entryPx":null,"liquidationPx":null,"maxLeverage":null'
    with_nulls = held.replace(b'"szi"', nulls + b',"szi"')
    assert decode(wire.STATE, b'{"assetPositions":%b,"time":null}' % with_nulls) == state


def test_whole_numbers_of_64_bits_stay_exact() -> None:
    body = b'[{"coin":"A","side":"B","px":"1","sz":"1","time":1,"tid":%d,"hash":""}]'
    assert decode(wire.TRADES, body % ((1 << 62) - 1))[0].tid == (1 << 62) - 1


@pytest.mark.parametrize(
    ("decoder", "raw", "reason"),
    [
        (wire.FRAME, b"", Reason.missing_field),
        (wire.FRAME, b"no json", Reason.not_json),
        (wire.FRAME, b'{"channel":"l2Book","data":{"coi', Reason.not_json),
        (wire.FRAME, b'{"channel":"\xff"}', Reason.not_json),
        (wire.FRAME, b'{"channel":"x","data":' + b"[" * 100_000, Reason.not_json),
        (wire.FRAME, b'{"channel":5}', Reason.wrong_type),
        (wire.FRAME, b"[]", Reason.wrong_type),
        (wire.BOOK, b'{"coin":"","time":1,"levels":[[],[]]}', Reason.wrong_type),
        (wire.BOOK, b'{"coin":"A","time":"1","levels":[[],[]]}', Reason.wrong_type),
        (wire.BOOK, b'{"coin":"A","time":1.5,"levels":[[],[]]}', Reason.wrong_type),
        (wire.BOOK, b'{"coin":"A","time":1,"levels":[[]]}', Reason.wrong_type),
        (wire.BOOK, b'{"coin":"A","time":1,"levels":[[],[],[]]}', Reason.wrong_type),
        (wire.BOOK, b'{"coin":"A","time":1,"levels":[[{"px":1,"sz":"1"}],[]]}', Reason.wrong_type),
        (wire.TRADES, b'[{"coin":"A","side":"S"}]', Reason.wrong_type),
        (wire.TRADES, b'{"coin":"A"}', Reason.wrong_type),
        (wire.ALL_CONTEXTS, b'{"ctxs":[["",[{"funding":1}]]]}', Reason.wrong_type),
        (wire.ACCOUNT, b'{"clearinghouseState":{}}', Reason.wrong_type),
        (wire.STATE, b"{}", Reason.wrong_type),
    ],
)
def test_what_is_refused(decoder: Any, raw: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        decode(decoder, raw)
    assert refused.value.reason is reason


def test_the_data_of_a_frame_that_has_none() -> None:
    with pytest.raises(Refused) as refused:
        decode(wire.BOOK, msgspec.Raw())
    assert refused.value.reason is Reason.missing_field
