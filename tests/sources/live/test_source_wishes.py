"""What a live partition tells its owner: each wish once, and when it has come."""

from pathlib import Path

from schemas.control import Reason, Wish
from sources.binance_family import MARKETS
from tests.sources import bybit_frames as bybit
from tests.sources import coinm_frames as coinm
from tests.sources.live.alive import Process, stored
from tests.sources.talk import USDM, answer, depth, ticker, trade

BTC = f"{USDM}:BTCUSDT"
DEPTH_URL = MARKETS[USDM].depth_url.format(symbol="BTCUSDT")


def wanted(wish_reason: str) -> tuple[Wish]:
    return (Wish(BTC, DEPTH_URL, wish_reason),)


def test_a_wish_is_handed_on_once_and_ends_when_the_book_is_known(tmp_path: Path) -> None:
    one = Process(tmp_path)
    one.started()
    one.say(depth(10, 14, 9))
    one.batch()
    assert one.calls[1:] == [("wish", "c", *wanted("sequence"))]
    one.say(depth(15, 19, 14), trade(1))
    one.batch()
    one.say(answer(5))  # too old: wished for anew
    one.batch()
    assert one.told("wish") == [wanted("sequence")] * 2
    assert one.told("satisfied") == []
    one.say(answer(12))
    one.batch()
    one.say(depth(20, 24, 19), answer(22))
    one.batch()
    assert one.told("wish") == [wanted("sequence")] * 2
    assert one.told("satisfied") == [(BTC, None)]
    one.say(depth(30, 34, 28))
    one.batch()
    assert one.calls[-1] == ("wish", "c", *wanted("sequence"))
    one.gone()


def test_wished_for_and_answered_within_one_batch(tmp_path: Path) -> None:
    one = Process(tmp_path)
    one.started()
    one.say(depth(10, 14, 9), answer(12), depth(15, 19, 14))
    one.drained()
    end = ("satisfied", "c", BTC, None)
    assert one.calls == [("start",), ("wish", "c", *wanted("sequence")), end]
    one.say("!close", depth(20, 24, 19), answer(22), "!close")  # known and lost again
    one.drained()
    assert one.calls[3:] == [("wish", "c", *wanted("reconnect"))] * 2
    one.gone()


def test_metadata_are_there_when_a_line_is_taken(tmp_path: Path) -> None:
    name = f"{coinm.COINM}:{coinm.BTC}"
    one = Process(tmp_path, venue=coinm.COINM)
    one.drained()
    one.say(ticker(1, symbol=coinm.BTC))
    one.drained()
    wish = Wish(name, coinm.LISTING_URL, Reason.no_metadata)
    assert one.calls[1:] == [("wish", "c", wish)]
    one.say(ticker(2, symbol=coinm.BTC), coinm.listing(coinm.ETH))
    one.drained()
    assert one.calls[2:] == []
    one.say(coinm.listing(coinm.BTC), ticker(3, symbol=coinm.BTC))
    one.drained()
    one.say(ticker(4, symbol=coinm.BTC))
    one.drained()
    assert one.calls[2:] == [("satisfied", "c", name, coinm.LISTING_URL)]
    one.gone()


def test_a_book_that_an_earlier_process_awaited(tmp_path: Path) -> None:
    """Its session wished once, and that was told to an owner that is no more."""
    one = Process(tmp_path, venue="bybit-linear")
    one.drained()
    one.say(bybit.book(5))
    one.drained()
    assert one.told("wish") == [(Wish(bybit.BTC, "", "unsynchronised"),)]
    state = stored(one)
    one.gone()
    two = Process(tmp_path, state, venue="bybit-linear")
    two.batch()
    assert two.calls == [("wish", "c", Wish(bybit.BTC, "", "start")), ("start",)]
    two.say(bybit.whole(9))
    two.drained()
    assert two.calls[2:] == [("satisfied", "c", bybit.BTC, None)]
    two.gone()
