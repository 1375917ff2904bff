"""The rival: a straightforward Bytewax + msgspec + dict-book + row-insert version of the same.

It lives with the tests (`tests/bench/straightforward.py`) and is timed only where the repository
is there. Before any timing its rows are compared with ours.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import zip_longest
from math import isclose
from pathlib import Path
from typing import Any, Final

from flows.benchmark.stages import Inputs, Stage
from flows.settings import grid_ns
from schemas.errors import BrokenInvariant
from schemas.tables import TABLES
from sinks.reading import rows_of
from sinks.store import Store
from sinks.tables import columns

_MODULE: Final = "tests.bench.straightforward"
_ROOT: Final = Path(__file__).resolve().parents[2]
_BOTH_WRITE: Final = ("ticks", "depth_curves", "volatility", "regimes", "rejected")
# Only the first line of our own recordings tells these, and the rival does not read it.
_TOLD_BY_HEADER: Final = ("funding_interval_h", "funding_rate_1h")
_REL, _ABS = 1e-9, 1e-8


@contextmanager
def rival_stage(inputs: Inputs, store: Store, runs: Iterator[str]) -> Iterator[Stage | None]:
    """The rival over the same bytes into the same store, whose second handle it closes after.

    None where the rival is not installed, and for several recordings.
    """
    found = _rival(inputs)
    if found is None:
        yield None
        return
    run, client_of = found
    listing = inputs.wiring.listings[0]
    lines = inputs.data[listing.connection].splitlines()
    members = inputs.wiring.members
    with closing(client_of(store.where)) as client:

        def stage() -> None:
            run(
                lines,
                grid_ns(inputs.settings),
                client,
                next(runs),
                venue=listing.venue,
                members=members,
                ddl=(),
            )

        yield stage


def _rival(inputs: Inputs) -> tuple[Callable[..., Any], Callable[..., Any]] | None:
    """Its `run` and `client_of`."""
    if len(inputs.wiring.listings) != 1:
        return None
    if not (_ROOT / "tests" / "bench" / "straightforward.py").is_file():
        return None
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    if find_spec(_MODULE) is None:
        return None
    store = importlib.import_module("tests.bench.straightforward_store")
    return importlib.import_module(_MODULE).run, store.client_of


def compare(store: Store, ours: str, theirs: str) -> dict[str, int]:
    """Rows per table, after checking that both runs have the same. Raises BrokenInvariant.

    The funding interval and the rate per hour are left out.
    """
    counts: dict[str, int] = {}
    for name in _BOTH_WRITE:
        table = TABLES[name]
        left_out = ("run", *_TOLD_BY_HEADER)
        names = [column.name for column in columns(table) if column.name not in left_out]
        left, right = (rows_of(store, table, run, names) for run in (ours, theirs))
        for number, (a, b) in enumerate(zip_longest(left, right)):
            if a is None or b is None or not all(map(_same, a, b)):
                message = f"the rival's row {number} of {name} differs: {a} and {b}"
                raise BrokenInvariant(message)
        counts[name] = len(left)
    return counts


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return isclose(a, b, rel_tol=_REL, abs_tol=_ABS)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)
