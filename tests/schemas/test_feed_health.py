"""The row about a live connection: what the store says of its columns, and its one text form."""

from schemas.feed_health import ConnectionState, FeedHealth
from schemas.json_row import row_json
from schemas.quality import Quality
from sinks.tables import row_columns


def test_every_column_says_its_unit_or_meaning_and_what_its_counts_are_of() -> None:
    assert {column.name: (column.store, column.comment) for column in row_columns(FeedHealth)} == {
        "ts": ("DateTime64(6, 'UTC')", "UTC; time of the row"),
        "source": ("LowCardinality(String)", "recording or connection"),
        "venue": ("LowCardinality(String)", "venue id"),
        "state": (
            "Enum8('connecting' = 1, 'running' = 2, 'stale' = 3, 'closed' = 4)",
            "Where a connection is in its life.",
        ),
        "messages": ("Int64", "frames; received since the previous row"),
        "bytes": ("Int64", "bytes; received since the previous row"),
        "lag_p50_ms": ("Nullable(Float64)", "ms; median of received − venue time; signed"),
        "lag_p99_ms": ("Nullable(Float64)", "ms; 99 % of frames came earlier; signed"),
        "gaps": ("Int64", "gaps; order books lost since the previous row"),
        "reconnects": ("Int64", "connections; opened again since the previous row"),
        "rejected": ("Int64", "lines; refused since the previous row"),
        "overflow_frames": ("Int64", "frames; dropped, the queue was full"),
        "queue_frames": ("Int64", "frames; waiting in the queue at ts"),
        "clock_offset_ms": (
            "Nullable(Float64)",
            "ms; least received − venue time of a minute: how far we may be ahead",
        ),
        "quality": (
            "Enum8('ok' = 1, 'warming' = 2, 'stale' = 3, 'degraded' = 4, 'gap' = 5)",
            "how far the row can be trusted",
        ),
        "flags": ("Array(LowCardinality(String))", "what to know before using the row"),
    }


def test_a_connection_that_has_heard_nothing_yet() -> None:
    row = FeedHealth(
        ts=1_700_000_005_000_000_000,
        source="venue-0",
        venue="venue",
        state=ConnectionState.connecting,
        messages=0,
        bytes=0,
        lag_p50_ms=None,
        lag_p99_ms=None,
        gaps=0,
        reconnects=1,
        rejected=0,
        overflow_frames=0,
        queue_frames=0,
        clock_offset_ms=None,
        quality=Quality.warming,
        flags=(),
    )
    assert row_json(row).decode() == (
        '{"ts_us":1700000005000000,"source":"venue-0","venue":"venue","state":"connecting",'
        '"messages":0,"bytes":0,"lag_p50_ms":null,"lag_p99_ms":null,"gaps":0,"reconnects":1,'
        '"rejected":0,"overflow_frames":0,"queue_frames":0,"clock_offset_ms":null,'
        '"quality":"warming","flags":[]}'
    )
