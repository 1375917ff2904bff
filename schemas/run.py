"""Rows about the run itself: its inputs, its instruments, the lines it could not use."""

from typing import Annotated

from schemas.column import Col, Name, Row, Time


class Run(Row, frozen=True, gc=False):
    """How far an input of the run has been read. The latest row per input counts.

    `digest` is the hash of the first `lines` lines, so that the same input, or a longer one with
    the same beginning, is recognised.
    """

    ts: Time
    source: Name
    first_line: Annotated[str, Col("hex", "hash of the first line")]
    lines: Annotated[int, Col("lines", "lines done")]
    bytes: Annotated[int, Col("bytes", "bytes done")]
    digest: Annotated[str, Col("hex", "hash of the lines done")]
    settings: Annotated[str, Col("hex", "hash of the settings that affect numbers")]
    code_version: Name


class InstrumentRow(Row, frozen=True, gc=False):
    """An instrument as this run understands it."""

    ts: Time
    instrument: Name
    venue: Name
    symbol: Name
    asset: Name
    quote: Name
    kind: Name
    price_decimals: int | None
    ratio_factor: Annotated[float, Col("", "units of asset per unit of base coin")]
    inverse: bool
    contract_size: float
    funding_interval_h: float | None
    expiry: Annotated[int | None, Col("ns UTC", "of futures and options", "DateTime64(6, 'UTC')")]
    strike: Annotated[float | None, Col("quote", "of options")]
    option: Annotated[str | None, Col("", "call or put")]
    listed: Annotated[bool, Col("", "known when the run started")]
    source: Annotated[str, Col("", "settings, listing, recording or inferred")]


class RejectedRow(Row, frozen=True, gc=False):
    """A line that could not be used, with the reason."""

    ts: Time  # the source's clock
    source: Name
    line: int
    stamp_ns: Annotated[int | None, Col("ns", "the line's own stamp, if it has one")]
    reason: Name
    detail: str
    frame: Annotated[str, Col("", "its first 500 characters")]
