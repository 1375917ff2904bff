"""Rows of a query as text: a table that fits the terminal, CSV, or JSON lines."""

import csv
import io
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Sequence[Any]

_LEAST_WIDTH: Final = 8  # of a column in a table: with less, rows are shown one value per line
_WIDE: Final = 100_000  # columns of "paper" when nobody looks at a screen


def table_text(names: Sequence[str], rows: Iterable[Row], width: int | None = None) -> str:
    """A table in `width` columns of text (default: the terminal's; a pipe has no limit).

    When there are too many columns for that, each row is a block of `name  value` lines.
    """
    if width is None:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
    listed = list(rows)
    if len(names) * (_LEAST_WIDTH + 3) + 1 <= width:
        text = _drawn(_side_by_side(names, listed), width)
    else:
        text = "\n".join(_drawn(_one_below_another(names, row), width) for row in listed)
    return f"{text}{len(listed)} row{'' if len(listed) == 1 else 's'}\n"


def csv_text(names: Sequence[str], rows: Iterable[Row]) -> str:
    """CSV with a line of names; null is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[_plain(value) for value in row] for row in rows])
    return out.getvalue()


def json_text(names: Sequence[str], rows: Iterable[Row]) -> str:
    """One JSON object per line; times as ISO 8601, null as null."""
    option = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    objects = (dict(zip(names, row, strict=True)) for row in rows)
    return b"".join(orjson.dumps(each, default=str, option=option) for each in objects).decode()


def _side_by_side(names: Sequence[str], rows: Sequence[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(names):
        number = any(isinstance(row[i], int | float) for row in rows)
        table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _one_below_another(names: Sequence[str], row: Row) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for name, value in zip(names, row, strict=True):
        table.add_row(Text(name), _cell(value))
    return table


def _cell(value: Any) -> Text:
    if value is None:
        return Text("null", style="dim")
    if isinstance(value, float):
        return Text(f"{value:.10g}")
    return Text(str(_plain(value)))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, list | tuple):
        return (
            "[" + ", ".join("null" if part is None else str(_plain(part)) for part in value) + "]"
        )
    return value


def _drawn(table: Table, width: int) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=sys.stdout.isatty())
    console.print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
