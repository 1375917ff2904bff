"""No fill twice, in bounded memory."""

import msgspec

from sources.hyperliquid_remembered import REMEMBERED, Remembered


def test_a_fill_is_new_once_and_each_coin_has_its_own() -> None:
    seen = Remembered()
    asked = [("A", 1), ("A", 2), ("A", 1), ("B", 1), ("B", 1)]
    assert [seen.is_new(coin, number, 5) for coin, number in asked] == [
        True, True, False, True, False,
    ]  # fmt: skip
    assert (seen.floor_ms("A"), seen.floor_ms("never met")) == (-1, -1)


def test_the_oldest_is_forgotten_but_its_time_is_kept() -> None:
    seen = Remembered()
    for number in range(REMEMBERED + 2):
        assert seen.is_new("A", number, 1000 - number if number < 2 else 2000)
    assert seen.floor_ms("A") == 1000  # the newest of the two that are forgotten
    assert not seen.is_new("A", 2, 2000)  # the oldest that is remembered
    assert seen.is_new("A", 0, 1000)
    assert len(dict(seen.snapshot()[0][2])) == REMEMBERED


def test_a_restart_changes_nothing() -> None:
    seen, again = Remembered(), Remembered()
    for number in range(REMEMBERED + 3):
        seen.is_new("A", number, number)
    seen.is_new("B", 9, 9)
    stored = msgspec.msgpack.encode(seen.snapshot())
    again.restore(msgspec.msgpack.decode(stored))
    assert msgspec.msgpack.encode(again.snapshot()) == stored
    for made in (seen, again):
        asked = [("A", 3), ("B", 9), ("A", 2), ("A", 3)]
        assert [made.is_new(coin, number, 7) for coin, number in asked] == [
            False, False, True, True,
        ]  # fmt: skip
        assert (made.floor_ms("A"), made.floor_ms("B")) == (4, -1)
