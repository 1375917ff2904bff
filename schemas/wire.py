"""Topic messages (C9): one JSON envelope per row, with an id that a replay repeats.

    {"v":1,"topic":…,"id":…,"run":…,"ts_us":…,"key":…,"quality":…,"data":{…}}

`data` is the row as `schemas/json_row.py` has it. A reader ignores fields it does not know.
"""

from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import Struct

from schemas.column import Row
from schemas.errors import BrokenInvariant
from schemas.json_row import row_data
from schemas.tables import TABLE_OF
from schemas.trigger import Trigger

VERSION: Final = 1


class Envelope(Struct, frozen=True, kw_only=True):
    """One message. `key` is the scope; `quality` is a name, None for tables without one."""

    v: int
    topic: str
    id: str
    run: str
    ts_us: int
    key: str
    quality: str | None = None
    data: dict[str, Any]


def topic_of(table: str) -> str:
    """The topic that carries a table's rows.

    >>> topic_of("triggers")
    'seawall.triggers.v1'
    """
    return f"seawall.{table}.v{VERSION}"


def trigger_kind(rule: str, state: str) -> str:
    """The `kind` of a trigger's id; of other rows it is the table.

    >>> trigger_kind("wide-spread", "enter")
    'wide-spread:enter'
    """
    return f"{rule}:{state}"


def message_id(topic: str, run: str, key: str, ts_us: int, kind: str) -> str:
    """Hex of blake2b-128 over the five parts, each a netstring: `<bytes>:<text>,` in UTF-8.

    `ts_us` is written in decimal. A netstring tells its own length, so no two different fives
    have the same encoding: topic "t", run "r", key "k", 5, "x" is `1:t,1:r,1:k,1:5,1:x,`.
    """
    digest = blake2b(digest_size=16)
    for part in (topic, run, key, str(ts_us), kind):
        text = part.encode()
        digest.update(b"%d:%b," % (len(text), text))
    return digest.hexdigest()


def envelope(run: str, row: Row) -> Envelope:
    """The message of a row.

    Raises NotPublishable as `row_data`, BrokenInvariant for event tables: several of their rows
    may share scope and ts, which is all that an id is made of.
    """
    table = TABLE_OF[type(row)]
    if table.mark != "ts":
        message = f"rows of {table.name} have no message id: their mark is {table.mark}"
        raise BrokenInvariant(message)
    data = row_data(row)
    topic, ts_us = topic_of(table.name), data["ts_us"]
    if isinstance(row, Trigger):
        key, kind = row.scope, trigger_kind(row.rule, row.state.name)
    else:
        key, kind = "|".join(data[column] for column in table.scope), table.name
    return Envelope(
        v=VERSION,
        topic=topic,
        id=message_id(topic, run, key, ts_us, kind),
        run=run,
        ts_us=ts_us,
        key=key,
        quality=data.get("quality"),
        data=data,
    )


def encode(message: Envelope) -> bytes:
    """A message of `envelope` as JSON text in UTF-8."""
    return msgspec.json.encode(message)


_DECODER: Final = msgspec.json.Decoder(Envelope)


def decode(text: bytes | str) -> Envelope:
    """A message from JSON; `schemas.json_row.row_of` makes a row of its `data`.

    Unknown fields are ignored. Raises msgspec.DecodeError when the text is no JSON, and its
    subclass msgspec.ValidationError when it is no envelope of this version.
    """
    message = _DECODER.decode(text)
    if message.v != VERSION:
        unread = f"a message of version {message.v}, this code reads version {VERSION}"
        raise msgspec.ValidationError(unread)
    return message
