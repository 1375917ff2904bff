"""Counts the tests that use real recordings, and does not let one of them hide as a skip.

A test uses a recording when it, or a fixture it needs, calls `tests.shared.shared_file`. Where the
folder of recordings exists, such a test may fail or pass, but a skip is a failure.
"""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from tests import shared


class _Recordings:
    """Which tests and fixtures have asked for a recording, and what became of the tests."""

    def __init__(self, find: Callable[[str], Path]) -> None:
        self.find = find
        self.now: list[str] = []  # the fixtures under way and the test
        self.users: set[str] = set()
        self.outcomes: dict[str, str] = {}  # by test, of all processes that run tests

    def shared_file(self, name: str) -> Path:
        """In place of `tests.shared.shared_file`."""
        self.users.update(self.now)
        return self.find(name)

    def used_by(self, item: pytest.Item) -> bool:
        """Whether the test or a fixture it needs has asked for a recording."""
        named = {_name(each[-1]) for each in item._fixtureinfo.name2fixturedefs.values()}
        return not self.users.isdisjoint(named | {item.nodeid})


_RECORDING = "uses a recording"
_recordings = _Recordings(shared.shared_file)
shared.shared_file = _recordings.shared_file  # before any test module imports it


def _name(fixture: Any) -> str:
    return f"fixture {fixture.baseid}::{fixture.argname}"


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, Any, Any]:
    """Note which fixture is being made."""
    _recordings.now.append(_name(fixturedef))
    try:
        return (yield)
    finally:
        _recordings.now.pop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Note which test is running."""
    _recordings.now.append(item.nodeid)
    try:
        return (yield)
    finally:
        _recordings.now.pop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A skipped recording test fails where there are recordings."""
    report = yield
    if _recordings.used_by(item):
        if report.skipped and not hasattr(report, "wasxfail") and shared.SHARED.is_dir():
            report.outcome = "failed"
            report.longrepr = f"a recording test was skipped although {shared.SHARED} exists"
        report.user_properties = [*report.user_properties, (_RECORDING, True)]
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what became of it; reports of other processes arrive here too."""
    used = (_RECORDING, True) in map(tuple, report.user_properties)
    if used and (report.when == "call" or not report.passed):
        _recordings.outcomes[report.nodeid] = report.outcome


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many recording tests ran."""
    outcomes = list(_recordings.outcomes.values())
    skipped = outcomes.count("skipped")
    where = f"recordings in {shared.SHARED}" if shared.SHARED.is_dir() else "no recordings here"
    ran = len(outcomes) - skipped
    terminalreporter.write_line(f"recording tests: {ran} ran, {skipped} skipped ({where})")
