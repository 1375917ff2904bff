"""Options that several subcommands share, said once."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="SEAWALL_CONFIG",
        metavar="FILE",
        help="Settings file (TOML). Options win over SEAWALL_… variables, these over the file.",
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="chdb://FOLDER (embedded) or http(s)://USER:PASSWORD@HOST:PORT/.",
    ),
]
