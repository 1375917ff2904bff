"""Items of a connection itself → rows: lines that could not be used, how far it has been read."""

from collections.abc import Callable
from typing import Any

from flows.wiring import Wiring
from schemas.control import Progress, Rejected
from schemas.run import RejectedRow, Run
from schemas.tables import Rows, rows_item


def event_rows(wiring: Wiring) -> Callable[[list[tuple[str, Any]]], list[Rows]]:
    """A mapper for `op.flat_map_batch` over keyed bundles of Rejected and Progress items."""

    def rows(bundles: list[tuple[str, list[Any]]]) -> list[Rows]:
        return [
            rows_item(rejected_row(item) if isinstance(item, Rejected) else run_row(wiring, item))
            for _, bundle in bundles
            for item in bundle
        ]

    return rows


def is_events(bundle: tuple[str, list[Any]]) -> bool:
    """Whether a bundle is the connection's own; instruments have other keys."""
    return is_event((bundle[0], bundle[1][0]))


def is_event(item: tuple[str, Any]) -> bool:
    """Whether an item concerns the connection and not an instrument."""
    return isinstance(item[1], Rejected | Progress)


def rejected_row(item: Rejected) -> RejectedRow:
    """A line that could not be used."""
    return RejectedRow(
        ts=item.at_ns,
        source=item.connection,
        line=item.line,
        stamp_ns=item.stamp_ns,
        reason=item.reason.value,
        detail=item.detail,
        frame=item.frame,
    )


def run_row(wiring: Wiring, item: Progress) -> Run:
    """How far an input has been read."""
    return Run(
        ts=item.at_ns,
        source=item.connection,
        first_line=wiring.first_line_hash(item.connection),
        lines=item.lines,
        bytes=item.bytes,
        digest=item.digest,
        settings=wiring.settings_hash,
        code_version=wiring.code_version,
    )
