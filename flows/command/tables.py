"""`seawall tables`: the DDL of the store, as plain SQL."""

from schemas.tables import TABLES
from sinks.tables import DATABASE, ddl


def tables() -> None:
    """Print the DDL of all tables: SQL that can be piped into clickhouse-client."""
    print(f"CREATE DATABASE IF NOT EXISTS {DATABASE};")
    for table in TABLES.values():
        print(f"\n{ddl(table)};")
