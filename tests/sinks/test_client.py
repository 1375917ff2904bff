"""Connections: one owner per folder, clear words for what is in the way, a full disk."""

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import StoreError, StoreInUse
from schemas.tables import TABLES
from sinks.store import Store

ROOT = Path(__file__).resolve().parents[2]

HOLD = """
import sys
from sinks.store import Store
with Store.open(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""

FILL = """
import json, resource, sys
from schemas.errors import StoreError
from schemas.tables import TABLES
from sinks.batches import record_batch
from sinks.store import Store
from tests.sinks.samples import tick
from random import Random
table, random = TABLES["ticks"], Random(1)
def rows(n, start):
    numbers = lambda: {f"{side}_depth_usd_{bp}bp": random.random() for side in ("bid", "ask")
                       for bp in (5, 10, 25, 50, 100, 200)}
    return record_batch(table, "full", [tick((start + i) * 1000, **numbers()) for i in range(n)])
with Store.open(sys.argv[1]) as store:
    store.migrate()
    store.insert(table, rows(10, 0), "first")
    if sys.argv[2] == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    said = []
    for n in range(1, 400):
        try:
            store.insert(table, rows(20_000, 100_000 * n), str(n))
        except StoreError as error:
            said.append(str(error))
            break
    stored = store.counts("full")["ticks"]
with Store.open(sys.argv[1]) as store:
    print(json.dumps([said, stored, store.counts("full")["ticks"]]))
"""


def python(code: str, *arguments: str, before: tuple[str, ...] = ()) -> list[str]:
    return [*before, sys.executable, "-c", code, *arguments]


@pytest.fixture
def held(tmp_path: Path) -> Iterator[str]:
    """A store that another process has open."""
    url = f"chdb://{tmp_path / 'held'}"
    with subprocess.Popen(
        python(HOLD, url), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        yield url
        holder.communicate()
        assert holder.returncode == 0


def test_another_process_has_it(held: str) -> None:
    with pytest.raises(StoreInUse) as caught:
        Store.open(held)
    folder = held.removeprefix("chdb://")
    assert str(caught.value) == (
        f"store {folder} is in use by another process: stop it, or give another --store"
    )


def test_one_folder_per_process_as_often_as_one_likes(tmp_path: Path) -> None:
    one, two = f"chdb://{tmp_path / 'one'}", f"chdb://{tmp_path / 'two'}"
    (tmp_path / "link").symlink_to(tmp_path / "one")
    with Store.open(one) as first, Store.open(f"chdb://{tmp_path / 'link'}") as same:
        first.migrate()
        assert same.counts("main") == dict.fromkeys(TABLES, 0)
        with pytest.raises(StoreError, match=r"two cannot be opened: this process has .*one open"):
            Store.open(two)
    with Store.open(two):
        pass
    with Store.open(one, create=False) as again:
        assert again.migrate() == ()
    with pytest.raises(StoreError, match="is closed"):
        again.query("SELECT 1")
    with pytest.raises(StoreError, match="there is no store in"):
        Store.open(f"chdb://{tmp_path / 'three'}", create=False)


def test_a_damaged_store_is_told_in_words_and_lets_go(tmp_path: Path) -> None:
    url = f"chdb://{tmp_path / 'db'}"
    with Store.open(url) as store:
        store.migrate()
    definition = tmp_path / "db" / "metadata" / "seawall.sql"
    whole = definition.read_text()
    definition.write_text("not SQL")
    with pytest.raises(StoreError) as caught:
        Store.open(url)
    assert str(caught.value) == (
        f"store {tmp_path / 'db'} cannot be opened: its files are damaged, as the engine says above"
    )
    definition.write_text(whole)
    with Store.open(url) as store:
        assert store.migrate() == ()


def test_threads_have_clients_of_their_own(tmp_path: Path) -> None:
    with Store.open(f"chdb://{tmp_path / 'db'}") as store:
        answers: list[int] = []

        def ask() -> None:
            for n in range(20):
                answers.append(store.query("SELECT sum(number) FROM numbers(1000)").rows[0][0] + n)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == sorted([499_500 + n for n in range(20)] * 4)


def test_a_file_size_limit_is_one_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    said, held, reopened = fill(tmp_path / "db", "limit", ())
    assert len(said) == 1
    assert said[0].startswith("the store refused 20000 rows for table ticks: File too large in ")
    assert held == reopened == 10


def test_a_full_disk_is_one_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    mount = ("sh", "-c", 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"', str(tmp_path))
    own = (str(unshare), "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))
    probe = [*own, *mount, "true"]
    if unshare is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    said, held, reopened = fill(tmp_path / "db", "disk", (*own, *mount))
    assert said == ["the store refused 20000 rows for table ticks: no space left on its disk"]
    assert held == reopened
    assert held % 20_000 == 10


def fill(folder: Path, how: str, before: tuple[str, ...]) -> tuple[list[str], int, int]:
    done = subprocess.run(
        python(FILL, f"chdb://{folder}", how, before=before),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said, held, reopened = json.loads(done.stdout)
    return said, held, reopened


def test_forgetting_to_close_harms_nothing(tmp_path: Path) -> None:
    code = "import sys; from sinks.store import Store; s = Store.open(sys.argv[1]); s.migrate()"
    url = f"chdb://{tmp_path / 'db'}"
    done = subprocess.run(python(code, url), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with Store.open(url, create=False) as store:
        assert store.counts("main") == dict.fromkeys(TABLES, 0)


def test_an_unreachable_server() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("http://desk:secret@127.0.0.1:1/")
    assert (
        str(caught.value) == "store http://desk@127.0.0.1:1/ cannot be reached: Connection refused"
    )


class Door(http.server.BaseHTTPRequestHandler):
    """Answers every request with `reply`."""

    reply: tuple[int, dict[str, str], bytes]

    def do_POST(self) -> None:
        status, headers, body = self.reply
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def knock(status: int, headers: dict[str, str], body: bytes) -> str:
    handler = type("Door", (Door,), {"reply": (status, headers, body)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with pytest.raises(StoreError) as caught:
                Store.open(f"http://desk:secret@127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()
            thread.join()
    assert "secret" not in str(caught.value)
    return str(caught.value).replace(str(server.server_port), "PORT")


def test_a_wrong_password() -> None:
    body = b"Code: 516. DB::Exception: desk: Authentication failed. (AUTHENTICATION_FAILED)"
    assert knock(403, {"X-ClickHouse-Exception-Code": "516"}, body) == (
        "store http://desk@127.0.0.1:PORT/ refused user 'desk': wrong name or password"
    )


@pytest.mark.parametrize(("status", "body"), [(404, b"no such page"), (200, b"<html>hi</html>")])
def test_something_that_is_no_clickhouse(status: int, body: bytes) -> None:
    assert knock(status, {}, body).startswith("store http://desk@127.0.0.1:PORT/ cannot be reached")
