"""Where the real recordings are: `SEAWALL_SHARED`, by default the folder beside the repository.

Tests that need a recording skip with a reason where the folder is absent. Where it exists, a
missing file is a failure, so that a skipped recording test cannot hide.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SEAWALL_SHARED", ROOT.parent / "shared"))


def shared_file(name: str) -> Path:
    """Path of a shared file; skips the test when there are no shared files on this machine."""
    if not SHARED.is_dir():
        pytest.skip(f"no recordings: {SHARED} does not exist (set SEAWALL_SHARED)")
    path = SHARED / name
    assert path.exists(), f"{path} is missing although {SHARED} exists"
    return path
