"""The count of recording tests, tried on a made-up suite with and without recordings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

SUITE = '''"""Made up."""
import pytest
from tests.shared import shared_file

@pytest.fixture(scope="module")
def recording():
    return shared_file("a.gz")

def test_one(recording): pass
def test_two(recording): pass
def test_three(): shared_file("a.gz")
def test_four(): shared_file("a.gz"); pytest.skip("tired")
def test_five(): pytest.skip("needs no recording")
def test_six(): pass
'''


def run(folder: Path, shared: Path, *options: str) -> str:
    tests = folder / "tests"
    tests.mkdir()
    for name in ("conftest.py", "shared.py"):
        (tests / name).write_bytes((HERE / name).read_bytes())
    (tests / "test_suite.py").write_text(SUITE)
    (folder / "pytest.ini").write_text(
        "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=os.environ | {"SEAWALL_SHARED": str(shared), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_with_recordings_a_skip_is_a_failure(tmp_path: Path, options: tuple[str, ...]) -> None:
    shared = tmp_path / "recordings"
    shared.mkdir()
    (shared / "a.gz").write_bytes(b"")
    out = run(tmp_path, shared, *options)
    assert f"recording tests: 4 ran, 0 skipped (recordings in {shared})" in out
    assert "a recording test was skipped although" in out
    assert "1 failed, 4 passed, 1 skipped" in out


def test_without_recordings_they_skip(tmp_path: Path) -> None:
    out = run(tmp_path, tmp_path / "nowhere")
    assert "recording tests: 0 ran, 4 skipped (no recordings here)" in out
    assert "1 passed, 5 skipped" in out


def test_a_missing_file_is_a_failure_where_there_are_recordings(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    out = run(tmp_path, tmp_path / "recordings")
    assert "is missing although" in out
    assert "2 failed, 1 passed, 1 skipped, 2 errors" in out


def test_this_suite_is_counted_too(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.has_plugin(str(HERE / "conftest.py"))
