"""Sessions whose snapshots come in the stream, driven by a small reader of our own."""

import json
from typing import Any

import numpy as np
from msgspec.structs import replace

from schemas.chunk import Chunk
from schemas.control import Gap, Reason, Rejected, Seen, Wish
from schemas.instrument import Instrument, infer
from sources.in_band import InBand
from sources.wire_numbers import Refused, size, ticks
from tests.sources.talk import as_is, hear, stamped

T = 1_700_000_000_000_000_000


class Paper:
    """[symbol, id, price] is a snapshot of one bid; "listing" answers tell the tick."""

    venue = "okx"

    def __init__(self) -> None:
        self.frames = 0

    def infer(self, symbol: str) -> Instrument:
        return infer("okx", symbol, "spot", None)

    def read(self, payload: bytes, session: InBand) -> None:
        symbol, number, price, amount = json.loads(payload)
        self.frames += 1
        instrument = session.meet(symbol, [price])
        assert instrument.price_decimals is not None
        level = ticks(price, instrument.price_decimals), size(amount)
        session.books.snapshot(instrument.name, number)
        session.batch.levels(instrument.name, (0, number, number), [level], [], snapshot=True)

    def answer(self, url: str, body: bytes, session: InBand) -> None:
        if not url.endswith("/listing"):
            raise Refused(Reason.wrong_type, url)
        listed = infer("okx", body.decode(), "spot", 4)
        session.learn(replace(listed, source="listing"))

    def lost(self) -> None:
        self.frames = 0

    def snapshot(self) -> Any:
        return self.frames

    def restore(self, state: Any) -> None:
        self.frames = state


def made() -> InBand:
    return InBand(Paper(), "c", as_is)


def frame(symbol: str = "BTC-USDT", number: int = 1, price: str = "10.5", amount: str = "2") -> str:
    return json.dumps([symbol, number, price, amount])


def data(*payloads: str, begin: int = 0) -> bytes:
    return stamped((T + begin + k, payload) for k, payload in enumerate(payloads))


def brief(items: list[Any]) -> list[Any]:
    return [
        (item.line.tolist(), item.columns["px_ticks"].tolist()) if isinstance(item, Chunk)
        else item for item in items
    ]  # fmt: skip


BTC = infer("okx", "BTC-USDT", "spot", 1)


def test_the_scale_is_learnt_from_the_first_price_and_told_once() -> None:
    assert brief(hear(made(), data(frame(), frame(number=2, price="10")))) == [
        Seen(BTC, "c", T, 1, listed=False), ([1, 2], [105, 100]),
    ]  # fmt: skip


def test_a_refused_line_teaches_nothing() -> None:
    session = made()
    bad = frame(price="10.123", amount="-1")
    rejected = Rejected("c", 1, T, T, Reason.bad_size, "size -1 is out of range", bad)
    assert brief(hear(session, data(bad, frame()))) == [
        rejected, Seen(BTC, "c", T + 1, 2, listed=False), ([2], [105]),
    ]  # fmt: skip
    finer = frame(price="10.55")
    assert brief(hear(session, data(finer)))[0].reason is Reason.price_scale
    assert list(session.instruments()) == [BTC.name]


def test_a_listing_is_laid_over_what_was_inferred_but_keeps_its_scale() -> None:
    session = made()
    answer = "@https://h/listing BTC-USDT"
    said = data(frame(), answer, frame(number=2), answer)
    told = [i for i in hear(session, said)
            if isinstance(i, Seen)]  # fmt: skip
    assert [seen.instrument.price_decimals for seen in told] == [1, 1]
    fresh = made()
    told = [i for i in hear(fresh, data(answer, frame())) if isinstance(i, Seen)]
    assert [seen.instrument.price_decimals for seen in told] == [4]
    assert hear(fresh, data("@https://h/other x"))[0].reason is Reason.wrong_type


def test_a_line_with_an_older_stamp_loses_its_book_and_gives_no_row() -> None:
    session = made()
    items = hear(session, data(frame(), frame(number=2)), misplaced=np.array([False, True]))
    assert brief(items) == [
        Seen(BTC, "c", T, 1, listed=False), Gap(BTC.name, "c", T + 1, 2, "time_back"),
        Wish(BTC.name, "", "time_back"), ([1], [105]),
    ]  # fmt: skip


def test_a_loss_of_all_and_of_one() -> None:
    session = made()
    hear(session, data(frame(), frame("ETH-USDT")))
    gap, wish = Gap(BTC.name, "c", T, 9, "book_mismatch"), Wish(BTC.name, "", "book_mismatch")
    assert session.awaiting() == frozenset()
    assert session.wished("BTC-USDT", T, 9) == [gap, wish]
    assert session.awaiting() == {BTC.name}
    eth = "okx:ETH-USDT"
    assert session.lose(T, 10, "reconnect") == [Gap(eth, "c", T, 10, "reconnect"),
                                                Wish(eth, "", "reconnect")]  # fmt: skip
    assert session.reader.snapshot() == 0
    assert session.awaiting() == {BTC.name, eth}
    hear(session, data(frame(number=3)))
    assert session.awaiting() == {eth}


def test_a_restart_at_any_line_changes_nothing() -> None:
    said = [frame(), frame("ETH-USDT", 1, "0.125"), frame(number=2), frame("ETH-USDT", 2, "0.1")]
    complete = made()
    whole = brief(hear(complete, data(*said)))
    for cut in range(1, len(said)):
        first, second = made(), made()
        before = hear(first, data(*said[:cut]))
        second.restore(first.snapshot())
        after = hear(second, data(*said[cut:], begin=cut), first_line=cut + 1)
        seen = [i for i in [*before, *after] if isinstance(i, Seen)]
        assert seen == [i for i in whole if isinstance(i, Seen)]
        assert second.instruments() == complete.instruments()


def test_listed_instruments_are_known_without_a_word() -> None:
    session = made()
    session.list_instruments([BTC])
    assert list(session.instruments()) == [BTC.name]
    assert brief(hear(session, data(frame()))) == [([1], [105])]
    state = session.snapshot()
    again = made()
    again.list_instruments([BTC])
    again.restore(state)
    assert brief(hear(again, data(frame(number=2)))) == [([1], [105])]
    assert session.with_trades() == []
