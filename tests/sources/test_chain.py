"""Books whose snapshots come in the stream: one Gap and one wish for each loss."""

from schemas.control import Gap, Wish
from sources.batch import Batch
from sources.chain import Chain, Chains

BTC, ETH = "okx:BTC-USDT", "okx:ETH-USDT"


def said(batch: Batch) -> list[object]:
    batch.commit()
    return batch.take()


def at(line: int) -> Batch:
    batch = Batch("c")
    batch.at(line * 10, line)
    return batch


def test_an_update_before_any_snapshot_is_wished_for_once() -> None:
    books = Chains()
    for line, expected in ((1, [Wish(BTC, "", "unsynchronised")]), (2, [])):
        batch = at(line)
        assert not books.update(batch, BTC, 7, follows=True)
        assert said(batch) == expected
    assert books.last_id(BTC) == -1


def test_updates_follow_a_snapshot_until_one_does_not() -> None:
    books = Chains()
    books.snapshot(BTC, 7)
    batch = at(1)
    assert books.update(batch, BTC, 8, follows=True)
    assert (books.last_id(BTC), said(batch)) == (8, [])
    batch = at(2)
    assert not books.update(batch, BTC, 10, follows=False)
    assert said(batch) == [Gap(BTC, "c", 20, 2, "sequence"), Wish(BTC, "", "sequence")]
    batch = at(3)
    assert not books.update(batch, BTC, 11, follows=True)
    assert (books.last_id(BTC), said(batch)) == (-1, [])
    books.snapshot(BTC, 20)
    batch = at(4)
    books.lose(batch, BTC, "book_mismatch")
    assert said(batch) == [Gap(BTC, "c", 40, 4, "book_mismatch"), Wish(BTC, "", "book_mismatch")]


def test_losing_a_connection_loses_every_book_that_was_known() -> None:
    books = Chains()
    books.snapshot(ETH, 3)
    books.snapshot(BTC, 7)
    batch = at(5)
    books.update(batch, "okx:SOL-USDT", 1, follows=True)
    said(batch)
    books.lose_all(batch, "reconnect")
    assert said(batch) == [
        Gap(BTC, "c", 50, 5, "reconnect"), Wish(BTC, "", "reconnect"),
        Gap(ETH, "c", 50, 5, "reconnect"), Wish(ETH, "", "reconnect"),
    ]  # fmt: skip
    assert books.states[BTC] == Chain(known=False, last_id=-1, wished=True)
