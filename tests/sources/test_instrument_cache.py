"""The kept catalogue: whole or not at all, told when it is used, never a reason to fail."""

import os
from pathlib import Path

import pytest

from schemas.errors import SeawallError, UsageError
from schemas.instrument import Instrument, infer
from sources import instrument_cache
from sources.instrument_cache import age_h, catalogue_of, load, save
from sources.instruments import Catalogue, Page, Traded

HOUR = 3_600 * 10**9
BTC = infer("v", "BTCUSDT", "perpetual", 2)
FUTURE = Instrument(name="v:X", asset="X", quote="USD", kind="future", price_decimals=None,
                    inverse=True, contract_size=100.0, expiry_ns=5, source="listing")  # fmt: skip
KEPT = Catalogue("v", 7 * HOUR, (BTC, FUTURE), {"BTCUSDT": 2.5})


class Venue:
    venue = "v"

    def listing_urls(self) -> tuple[str, ...]:
        return ("a", "b")

    def page(self, url: str, body: bytes) -> Page:
        assert body == url.encode()
        traded = Traded("BTCUSDT", 5.0, "usd")
        refused = tuple(f"R{k}: why" for k in range(4))
        return Page((BTC,), refused=refused) if url == "a" else Page(traded=(traded,))


FOUND = Catalogue("v", 10 * HOUR, (BTC,), {"BTCUSDT": 5.0}, tuple(f"R{k}: why" for k in range(4)))


def asked(folder: Path, *, fails: Exception | None = None, fresh_h: float = 0.0,
          now: int = 10 * HOUR) -> tuple[Catalogue, list[str], list[str]]:  # fmt: skip
    """(catalogue, what was told, URLs asked for)."""
    told: list[str] = []
    urls: list[str] = []

    def fetch(url: str) -> bytes:
        urls.append(url)
        if fails is not None and url == "b":
            raise fails
        return url.encode()

    found = catalogue_of(Venue(), fetch, folder, now_ns=now, tell=told.append, fresh_h=fresh_h)
    return found, told, urls


def test_a_catalogue_is_kept_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    save(folder, KEPT)
    assert load(folder, "v", pytest.fail) == KEPT
    assert [path.name for path in folder.iterdir()] == ["v.json"]
    assert load(folder, "w", pytest.fail) is None
    assert age_h(KEPT, 10 * HOUR) == 3.0


def test_the_venue_is_asked_and_its_answer_kept(tmp_path: Path) -> None:
    save(tmp_path, KEPT)
    found, told, urls = asked(tmp_path)
    assert (found, urls) == (FOUND, ["a", "b"])
    assert told == ["v: 4 listed instruments cannot be used: R0: why; R1: why; R2: why …"]
    assert load(tmp_path, "v", pytest.fail) == FOUND


@pytest.mark.parametrize("fails", [OSError("refused"), SeawallError("refused")])
def test_a_venue_that_cannot_be_reached(tmp_path: Path, fails: Exception) -> None:
    with pytest.raises(SeawallError) as error:
        asked(tmp_path, fails=fails)
    assert str(error.value) == f"v: no listing, and none is kept in {tmp_path}: refused"
    save(tmp_path, KEPT)
    found, told, urls = asked(tmp_path, fails=fails)
    assert (found, urls) == (KEPT, ["a", "b"])
    assert told == [
        "v: no listing (refused); using the one of 3.0 h ago, which may lack what was listed since"
    ]
    assert load(tmp_path, "v", pytest.fail) == KEPT


def test_a_mistake_of_ours_is_not_the_venues(tmp_path: Path) -> None:
    save(tmp_path, KEPT)
    with pytest.raises(UsageError):
        asked(tmp_path, fails=UsageError("no such question"))


@pytest.mark.parametrize(
    ("fresh_h", "now", "used"),
    [(3.5, 10, True), (3.0, 10, False), (0.0, 10, False), (99.0, 6, False)],
)
def test_a_fresh_one_is_used_without_asking(
    tmp_path: Path, fresh_h: float, now: int, used: bool
) -> None:
    save(tmp_path, KEPT)
    found, _, urls = asked(tmp_path, fresh_h=fresh_h, now=now * HOUR)
    assert (found == KEPT, urls == []) == (used, used)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "is no listing of ours and is not used: Input data was truncated"),
        (b"\xff", "is no listing of ours and is not used: JSON is malformed: invalid character "
                  "(byte 0)"),
        (b'{"version":1,"catalogue":{"venue":"w","at_ns":0,"instruments":[],"turnover_usd":{}}}',
         "is of another version or venue and is not used"),
        (b'{"version":2,"catalogue":{"venue":"v","at_ns":0,"instruments":[],"turnover_usd":{}}}',
         "is of another version or venue and is not used"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_and_replaced(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "v.json").write_bytes(content)
    found, said, _ = asked(tmp_path)
    assert said[0] == f"{tmp_path / 'v.json'}: {told}"
    assert found == load(tmp_path, "v", pytest.fail) == FOUND


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder")
    found, told, _ = asked(folder)
    assert found == FOUND
    assert told[0] == f"{folder / 'v.json'}: cannot be read: Not a directory"
    assert told[2] == f"v: the listing cannot be kept in {folder}: File exists"


def test_half_a_file_never_takes_the_place_of_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, KEPT)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(instrument_cache.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path, FOUND)
    assert os.listdir(tmp_path) == ["v.json"]
    assert load(tmp_path, "v", pytest.fail) == KEPT
