"""The envelope and the texts in it."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from schemas.control import Reason
from sources import okx_wire
from sources.okx_wire import Argument, Book, Closed, Fill, Frame, Funding, Liquidated, Summary
from sources.wire_numbers import Refused


def refusal(read: Any, *arguments: Any) -> tuple[Reason, str]:
    with pytest.raises(Refused) as refused:
        read(*arguments)
    return refused.value.reason, refused.value.detail


@pytest.mark.parametrize(
    ("payload", "frame"),
    [
        (b'{"event":"subscribe","arg":{"channel":"books","instId":"A-B"},"connId":"x"}',
         Frame(event="subscribe", arg=Argument("books", "A-B"))),
        (b'{"event":"error","code":"60018","msg":"m"}',
         Frame(event="error", code="60018", msg="m")),
        (b'{"event":"error","code":60018}', Frame(event="error", code=60018)),
        (b'{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[1]}',
         Frame(arg=Argument("liquidation-orders", instType="SWAP"), data=Raw(b"[1]"))),
        (b'{"arg":{"channel":"opt-summary","instFamily":"A-B"},"action":"update","data":[]}',
         Frame(arg=Argument("opt-summary", instFamily="A-B"), action="update", data=Raw(b"[]"))),
        (b"{}", Frame()),
    ],
)  # fmt: skip
def test_an_envelope(payload: bytes, frame: Frame) -> None:
    decoded = okx_wire.decode(payload)
    assert bytes(decoded.data) == bytes(frame.data)
    decoded.data = frame.data = Raw()
    assert decoded == frame


@pytest.mark.parametrize(
    ("payload", "reason"),
    [(b"", Reason.not_json), (b"pong", Reason.not_json), (b'{"arg":', Reason.not_json),
     (b'{"event":"\xff"}', Reason.not_json), (b"[" * 100_000, Reason.wrong_type),
     (b'{"x":' + b"[" * 100_000, Reason.not_json), (b'{"event":1}', Reason.wrong_type),
     (b'{"arg":{"instId":1}}', Reason.wrong_type)],
)  # fmt: skip
def test_what_is_no_envelope(payload: bytes, reason: Reason) -> None:
    assert refusal(okx_wire.decode, payload)[0] is reason


@pytest.mark.parametrize(
    ("decoder", "raw", "rows"),
    [
        (okx_wire.BOOKS,
         b'[{"asks":[["2","1","0","4"]],"bids":[["1","3"]],"ts":"5","checksum":-7,"new":1}]',
         [Book([("2", "1", "0", "4")], [("1", "3")], "5", -7)]),
        (okx_wire.BOOKS, b'[{"asks":[],"bids":[],"seqId":9,"prevSeqId":-1}]',
         [Book([], [], seqId=9, prevSeqId=-1)]),
        (okx_wire.FILLS, b'[{"instId":"A","tradeId":"1","px":"2","sz":"3","side":"buy"}]',
         [Fill("A", "1", "2", "3", "buy", "", "0")]),
        (okx_wire.FUNDINGS, b'[{"instId":"A","fundingRate":"1"}]', [Funding("A", "1")]),
        (okx_wire.LIQUIDATIONS,
         b'[{"instId":"A","details":[{"side":"buy","sz":"1","bkPx":"2"}]}]',
         [Liquidated("A", [Closed("buy", "1", "2", "", "")])]),
        (okx_wire.SUMMARIES, b'[{"instId":"A","deltaBs":"1"}]', [Summary("A", deltaBs="1")]),
        (okx_wire.MARKS, b"[]", []),
    ],
)  # fmt: skip
def test_rows(decoder: msgspec.json.Decoder[Any], raw: bytes, rows: Any) -> None:
    assert okx_wire.rows(decoder, Raw(raw)) == rows


@pytest.mark.parametrize(
    ("raw", "refused"),
    [
        (Raw(), (Reason.missing_field, "a frame needs data")),
        (Raw(b"null"), (Reason.wrong_type, "Expected `array`, got `null`")),
        (Raw(b'[{"instId":"A"}]'),
         (Reason.missing_field, "Object missing required field `markPx` - at `$[0]`")),
        (Raw(b'[{"instId":"A","markPx":5}]'),
         (Reason.wrong_type, "Expected `str`, got `int` - at `$[0].markPx`")),
    ],
)  # fmt: skip
def test_rows_that_are_refused(raw: Raw, refused: tuple[Reason, str]) -> None:
    assert refusal(okx_wire.rows, okx_wire.MARKS, raw) == refused


def test_an_answer() -> None:
    answer = okx_wire.decode_answer(b'{"code":"0","msg":"","data":[{"x":1}]}')
    assert (answer.code, answer.msg, bytes(answer.data)) == ("0", "", b'[{"x":1}]')
    assert refusal(okx_wire.decode_answer, b"{}")[0] is Reason.missing_field


def test_times_and_ids() -> None:
    assert okx_wire.stamp_ns("1700000000123") == 1_700_000_000_123_000_000
    assert (okx_wire.stamp_ns(""), okx_wire.stamp_ns("0")) == (0, 0)
    assert okx_wire.identifier("0042") == 42
    for text in ("-1", "1.5", "1e3", " 1", "1\n", "١", "9" * 20, "9" * 5000):
        assert refusal(okx_wire.stamp_ns, text)[0] is Reason.bad_time
        assert refusal(okx_wire.identifier, text)[0] is Reason.bad_id
    assert refusal(okx_wire.stamp_ns, "9" * 16)[0] is Reason.bad_time
    assert refusal(okx_wire.identifier, "")[0] is Reason.bad_id
