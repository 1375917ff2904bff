"""What a connection says of itself becomes rows of `rejected` and `runs`."""

from hashlib import blake2b

from flows.events import event_rows, is_event, rejected_row, run_row
from flows.wiring import Wiring
from schemas.control import Clock, End, Gap, Progress, Reason, Rejected
from schemas.run import RejectedRow, Run
from schemas.tables import Rows
from tests.flows.test_wiring import listing

WIRING = Wiring(
    listings=(listing("a", first_line=b"17 {}\n"), listing("b")),
    connections_of={},
    members=(),
    settings_hash="5e77",
    code_version="1.2.3",
    chains={},
)
REJECTED = Rejected("a", 12, 100, 99, Reason.bad_price, "price -1", '{"p":"-1"}')
PROGRESS = Progress("a", 60, 500, 40_000, "d19e57")
RUN = Run(
    ts=60,
    source="a",
    first_line=blake2b(b"17 {}\n", digest_size=16).hexdigest(),
    lines=500,
    bytes=40_000,
    digest="d19e57",
    settings="5e77",
    code_version="1.2.3",
)
REJECTED_ROW = RejectedRow(
    ts=100,
    source="a",
    line=12,
    stamp_ns=99,
    reason="bad_price",
    detail="price -1",
    frame='{"p":"-1"}',
)


def test_events_are_rejected_lines_and_progress() -> None:
    assert is_event(("a", REJECTED))
    assert is_event(("a", PROGRESS))
    for item in (Clock("a", 1), End("a"), Gap("okx:BTC", "a", 1, 1, "start")):
        assert not is_event(("okx:BTC", item))


def test_rows_are_items_of_their_own_in_order() -> None:
    assert (run_row(WIRING, PROGRESS), rejected_row(REJECTED)) == (RUN, REJECTED_ROW)
    assert event_rows(WIRING)([("a", [PROGRESS, REJECTED])]) == [
        Rows("runs", ("a",), 60, (RUN,)),
        Rows("rejected", ("a",), 12, (REJECTED_ROW,)),  # the mark is the line: stamps repeat
    ]
