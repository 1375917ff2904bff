"""Bytewax as it is run: known errors are one sentence, of unknown ones nothing is lost."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.testing import TestingSink, TestingSource

from flows.engine import known_error, one_sentence, run_engine
from schemas.errors import BrokenInvariant, SeawallError
from tests.shared import ROOT

REFUSED = BrokenInvariant("two is refused")


def refusing(error: Exception, out: list[int]) -> Dataflow:
    """A flow over 1, 2, 3 in which 2 raises an error."""

    def step(number: int) -> int:
        if number == 2:
            raise error
        return number

    dataflow = Dataflow("refusing")
    numbers = op.input("numbers", dataflow, TestingSource([1, 2, 3]))
    op.output("out", op.map("step", numbers, step), TestingSink(out))
    return dataflow


@pytest.mark.parametrize("workers", [1, 2])
def test_a_known_error_arrives_as_it_was_raised(
    workers: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BrokenInvariant) as raised:
        run_engine(refusing(REFUSED, []), epoch_s=1.0, workers=workers)
    assert raised.value is REFUSED
    assert capfd.readouterr() == ("", "")


def test_an_unknown_error_keeps_every_word(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BytewaxRuntimeError) as raised:
        run_engine(refusing(ValueError("who knows"), []), epoch_s=1.0)
    assert str(raised.value.__cause__.__cause__) == "who knows"  # type: ignore[union-attr]
    out, err = capfd.readouterr()
    assert out == ""
    # After a run with two workers Bytewax writes Python's traceback in place of the panic.
    assert "panicked at src/operators.rs" in err or "ValueError: who knows" in err


def test_other_words_go_on_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BrokenInvariant), one_sentence(None):
        os.write(2, b"the engine says\n")
        os.write(2, b"thread 'main' panicked at src/x.rs:1:2:\nBox<dyn Any>\n")
        raise REFUSED
    assert capfd.readouterr().err == "the engine says\n"
    with one_sentence(None):
        os.write(2, b"thread 'other' panicked at src/x.rs:1:2:\nand nobody raised\n")
    assert capfd.readouterr().err == (
        "thread 'other' panicked at src/x.rs:1:2:\nand nobody raised\n"
    )


def test_a_crash_is_not_silent() -> None:
    code = "import os\nfrom flows.engine import one_sentence\nwith one_sentence(None): os.abort()"
    crash = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=ROOT, timeout=60, check=False
    )
    assert crash.returncode == -6
    assert crash.stderr.startswith(b"Fatal Python error: Aborted")


def chained(*errors: BaseException) -> BaseException:
    """The first, caused by the second, and so on."""
    for error, cause in pairwise(errors):
        error.__cause__ = cause
    return errors[0]


STOP = KeyboardInterrupt()


@pytest.mark.parametrize(
    ("error", "folder", "known"),
    [
        (RuntimeError("no"), Path("rd"), None),
        (chained(RuntimeError("a"), RuntimeError("b"), REFUSED), None, REFUSED),
        (chained(RuntimeError("a"), STOP), None, STOP),
        (RuntimeError("SqliteFailure(Error { code: DiskFull }, None)"), None, None),
    ],
)
def test_what_stands_behind(error: BaseException, folder: Path | None, known: Any) -> None:
    assert known_error(error, folder) is known


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "(src/run.rs:167:13) called `Result::unwrap()` on an `Err` value: SqliteFailure(Error "
            '{ code: DiskFull, extended_code: 13 }, Some("database or disk is full"))',
            "database or disk is full",
        ),
        (
            "panicked at src/recovery.rs:523:53:\nSqliteFailure(Error { code: NotADatabase, "
            'extended_code: 26 }, Some("file is not a database"))',
            "file is not a database",
        ),
        ("SqliteFailure(Error { code: Unknown, extended_code: 1 }, None)", "it failed"),
    ],
)
def test_words_of_sqlite(text: str, what: str) -> None:
    known = known_error(RuntimeError(text), Path("rd"))
    assert type(known) is SeawallError
    assert str(known) == (
        f"--state rd: SQLite cannot use it ({what}); "
        "make room there, or give a new folder: what is stored stays"
    )
