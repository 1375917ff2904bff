"""Where compiled kernels are kept: by what they were made from, and elsewhere if need be."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from schemas import kernel


def total_plain(values: np.ndarray) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


def test_the_folder_is_set_before_numba_reads_it() -> None:
    script = "import schemas.kernel, numba, os; print(numba.config.CACHE_DIR)"
    environ = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    root = Path(kernel.__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environ,
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == kernel.cache_folder()


def test_the_name_follows_every_source_and_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("schemas", "models", "sources"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text("from schemas.kernel import compiled\nx = 1\n")
        (tmp_path / folder / "b.py").write_text("x = 1\n")
    monkeypatch.setattr(kernel, "_HERE", tmp_path)
    names = {kernel.cache_folder().name}
    for folder in ("schemas", "models", "sources"):
        (tmp_path / folder / "b.py").write_text("x = 2\n")  # no kernel in it
        names.add(kernel.cache_folder().name)
        (tmp_path / folder / "a.py").write_text("from schemas.kernel import compiled\nx = 2\n")
        names.add(kernel.cache_folder().name)
    monkeypatch.setattr(kernel, "version", lambda package: f"{package} 0")
    names.add(kernel.cache_folder().name)
    assert len(names) == 5
    assert {path.name for path in (tmp_path / ".kernels").iterdir()} == names


def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, temporary = tmp_path / "code", tmp_path / "temporary"
    code.mkdir()
    (code / ".kernels").write_text("a file stands where the folder belongs")
    monkeypatch.setattr(kernel, "_HERE", code)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(temporary))
    folder = kernel.cache_folder()
    assert folder.is_dir()
    assert folder.parent == temporary / f"seawall-kernels-{os.getuid()}"
    shutil.rmtree(temporary)


def test_a_compiled_kernel_computes_what_the_plain_one_does() -> None:
    total = kernel.compiled(total_plain)
    values = np.array([0.1, 0.2, 0.3, 1e16, -1e16])
    assert total(values) == total_plain(values)
