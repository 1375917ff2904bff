"""The command `seawall`: a thin door to the flows. Errors of the user are one line, no traceback.

Exit codes: 0 done; 1 failed while running; 2 usage or settings; 3 finished, but lines were
rejected (only with --strict).
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from flows.command.bench import bench
from flows.command.check import check
from flows.command.demo import demo
from flows.command.query import query
from flows.command.record import record
from flows.command.replay import replay
from flows.command.run import run
from flows.command.serve import serve
from flows.command.simulate import simulate
from flows.command.tables import tables
from schemas.errors import SeawallError

app = typer.Typer(
    name="seawall",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"seawall {version('seawall')}")
        raise typer.Exit


@app.callback()
def seawall(
    wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Streaming risk over crypto market microstructure: from order books to triggers."""


for command in (demo, run, record, replay, query, serve, check, tables, simulate, bench):
    app.command()(command)


def main() -> None:
    """Run the command; a SeawallError becomes a line on stderr and its exit code."""
    try:
        app(prog_name="seawall")
    except SeawallError as error:
        for line in str(error).splitlines():
            print(f"seawall: {line}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else error
        print(f"seawall: {what}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
