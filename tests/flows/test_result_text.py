"""Rows as text: null, numbers, times, lists; and what happens when a table is too wide."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

from flows.result_text import csv_text, json_text, table_text

NAMES = ("name", "n", "x", "at", "list")
ROWS = [
    ("a,b", 1, 0.1, datetime(2026, 1, 2, 3, 4, 5, 250000, UTC), (1.5, None)),
    ('q"[bold]', None, None, None, ()),
]


def test_csv() -> None:
    text = csv_text(NAMES, ROWS)
    assert text == (
        "name,n,x,at,list\n"
        '"a,b",1,0.1,2026-01-02 03:04:05.250000+00:00,"[1.5, null]"\n'
        '"q""[bold]",,,,[]\n'
    )
    assert next(csv.DictReader(io.StringIO(text)))["name"] == "a,b"


def test_json_lines() -> None:
    lines = json_text((*NAMES, "d", "price"), [(*ROWS[0], date(2026, 1, 2), Decimal("1.25"))])
    assert json.loads(lines) == {
        "name": "a,b",
        "n": 1,
        "x": 0.1,
        "at": "2026-01-02T03:04:05.250000Z",
        "list": [1.5, None],
        "d": "2026-01-02",
        "price": "1.25",
    }
    assert json_text(NAMES, []) == ""
    assert len(json_text(("n",), [(1,), (2,)]).splitlines()) == 2


def test_a_table_that_fits() -> None:
    assert table_text(("name", "n"), [("a[b]", 1), ("c", None)], width=30) == (
        "\n name      n\n ───────────\n a[b]      1\n c      null\n\n2 rows\n"
    )


def test_a_cell_that_is_too_long_is_folded_not_cut() -> None:
    text = table_text(("word",), [("abcdefghijklmnopqrstuvwxyz",)], width=12)
    assert all(len(line) <= 12 for line in text.splitlines())
    assert "".join(text.split()[2:-2]) == "abcdefghijklmnopqrstuvwxyz"


def test_too_many_columns_stand_below_one_another() -> None:
    names = [f"column_{i}" for i in range(30)]
    text = table_text(names, [range(30)], width=40)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert text.splitlines()[29].split() == ["column_29", "29"]
    assert text.endswith("1 row\n")


def test_into_a_pipe_nothing_is_folded() -> None:
    (line,) = [x for x in table_text(("word",), [("x" * 500,)]).splitlines() if "x" in x]
    assert line.strip() == "x" * 500
