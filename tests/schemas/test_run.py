"""Rows about the run: what C8 asks of `runs`, C1 of `instruments`, C8 of `rejected`."""

from typing import get_args, get_type_hints

from schemas.instrument import Instrument
from schemas.run import InstrumentRow, RejectedRow, Run


def test_runs_say_what_was_read_with_which_code_and_settings() -> None:
    assert Run.__struct_fields__ == (
        "ts",
        "source",
        "first_line",
        "lines",
        "bytes",
        "digest",
        "settings",
        "code_version",
    )


def test_instrument_rows_hold_all_that_an_instrument_is() -> None:
    named = {"name": "instrument", "expiry_ns": "expiry"}
    known = {named.get(name, name) for name in Instrument.__struct_fields__}
    assert known <= set(InstrumentRow.__struct_fields__)


def test_a_rejected_line_may_have_no_stamp() -> None:
    hints = get_type_hints(RejectedRow)
    assert type(None) in get_args(hints["stamp_ns"])
    assert hints["ts"] is int
