"""One embedded store per test module: the engine opens one folder per process at a time."""

from collections.abc import Iterator

import pytest

from sinks.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"chdb://{tmp_path_factory.mktemp('store') / 'db'}") as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def run(request: pytest.FixtureRequest) -> str:
    """A run of its own for every test."""
    return str(request.node.nodeid)
