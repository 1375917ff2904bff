"""`seawall query`: SQL over the store, as a table, CSV, or one JSON object per line."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from flows.command.options import Config, StoreUrl
from flows.result_text import csv_text, json_text, table_text
from flows.settings import load


class Format(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    json = "json"


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One statement that reads.")],
    store: StoreUrl = None,
    config: Config = None,
    form: Annotated[
        Format, typer.Option("--format", help="json: one object per line.")
    ] = Format.table,
) -> None:
    """Query the store (database seawall), e.g. "SELECT count() FROM ticks"."""
    settings = load(config, os.environ, {"store.url": store})

    from sinks.store import Store  # loads the engine: only when needed

    with Store.open(settings.store.url, create=False) as opened:
        answer = opened.query(sql)
    write = {Format.table: table_text, Format.csv: csv_text, Format.json: json_text}[form]
    print(write(answer.columns, answer.rows), end="")
