"""A browser, a tab in which nothing may go wrong unnoticed, and a page at a time of one's own."""

from collections.abc import Iterator

import pytest

from flows.page.server import Page
from tests.flows.page.browser import Browser, Tab, browser
from tests.flows.page.rows import NOW


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Tab]:
    with chromium.tab() as opened:
        yield opened
        opened.evaluate("0")  # so that all is heard that was said until now
        assert opened.said == []


class At:
    """A time that the test sets, in ns."""

    def __init__(self) -> None:
        self.ns = NOW

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def at() -> At:
    return At()


@pytest.fixture
def page(at: At) -> Iterator[Page]:
    page = Page("127.0.0.1:0", every_s=0.05, now_ns=at)
    page.start()
    yield page
    page.stop()
