"""URLs of stores, and folders that cannot hold one."""

import fcntl
import os
from pathlib import Path

import pytest

from schemas.errors import StoreError, StoreInUse, UsageError
from sinks.address import Embedded, Server, address, locked, prepare


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("chdb:///data/store", Embedded(Path("/data/store"))),
        ("chdb:///data/a b%20c", Embedded(Path("/data/a b%20c"))),
        ("http://db", Server(False, "db", 8123, "default", "")),
        ("https://db/", Server(True, "db", 8443, "default", "")),
        ("http://desk:p%40%3Aw@10.0.0.1:9000/", Server(False, "10.0.0.1", 9000, "desk", "p@:w")),
        ("http://[::1]:8123/", Server(False, "::1", 8123, "default", "")),
    ],
)
def test_urls(url: str, expected: Embedded | Server) -> None:
    assert address(url) == expected


def test_a_relative_folder_is_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert address("chdb://seawall-store") == Embedded(tmp_path / "seawall-store")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("seawall-store", "'seawall-store' is not known: write chdb://folder or http(s)://"),
        ("postgres://u:secret@db/", "'postgres://…' is not known"),
        ("chdb://", "has no folder"),
        ("http://", "has no usable host and port"),
        ("http://u:secret@db:port/", "has no usable host and port"),
        ("http://u:secret@db:8123/other", "the database is always seawall"),
    ],
)
def test_wrong_urls_are_told_without_their_password(url: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        address(url)
    assert text in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_never_shows_its_password() -> None:
    server = address("https://desk:secret@[::1]:1/")
    assert str(server) == "https://desk@[::1]:1/"
    assert repr(server) == "Server(https://desk@[::1]:1/)"


def test_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "b", create=True)
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_file_in_the_way(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="a file of that name is in the way"):
        prepare(tmp_path / folder, create=True)


def test_no_store_to_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store in"):
        prepare(tmp_path, create=False)


def test_a_folder_that_cannot_be_made() -> None:
    with pytest.raises(StoreError, match="cannot be created: "):
        prepare(Path("/proc/seawall/store"), create=True)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(StoreError, match="no permission to write there"):
        prepare(tmp_path, create=True)


def test_a_locked_folder_is_in_use(tmp_path: Path) -> None:
    with (tmp_path / "status").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert locked(tmp_path)
        with pytest.raises(StoreInUse, match="is in use by another process"):
            prepare(tmp_path, create=True)
    assert not locked(tmp_path)
    prepare(tmp_path, create=True)
