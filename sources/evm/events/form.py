"""The form of a log: a signature with `*` behind indexed arguments, and what such a log says.

A contract's signature gives the first topic; which arguments are indexed it does not give, and the
same signature with other indexed arguments is another event (ERC-20 and ERC-721 `Transfer`). So a
form is chosen by the first topic and the number of topics.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from schemas.chain_event import Event
from sources.evm.abi import Malformed, decoded
from sources.evm.signatures import topic, types_in

WORD_BYTES: Final = 32
_WORD: Final = re.compile("0x[0-9a-fA-F]{64}")

Says = Callable[..., tuple[Event, ...]]


class Form(Struct, frozen=True):
    """How to read logs of one event."""

    name: str
    topic: str  # the first
    indexed: tuple[str, ...]  # types of the other topics
    plain: tuple[str, ...]  # types in the data
    places: tuple[int, ...]  # of each argument as declared: its place in indexed + plain
    says: Says  # takes the arguments as declared

    def events(self, topics: Sequence[str], data: bytes) -> tuple[Event, ...]:
        """What a log says that has these topics after the first, and this data.

        Where all of the data is of fixed size it must have that size. Raises Malformed.
        """
        wanted = WORD_BYTES * len(self.plain)
        fixed = not any(kind.endswith(("]", "bytes", "string")) for kind in self.plain)
        if fixed and len(data) != wanted:
            message = f"{self.name}: {len(data)} bytes of data, {wanted} belong there"
            raise Malformed(message)
        words = b"".join(map(_word, topics))
        found = (*decoded(self.indexed, words), *decoded(self.plain, data))
        return self.says(*(found[place] for place in self.places))


def form(signature: str, says: Says) -> Form:
    """A form out of its signature.

    >>> made = form("Burn(address,uint256*)", lambda account, amount: ())
    >>> made.indexed, made.plain, made.places
    (('uint256',), ('address',), (1, 0))
    """
    kinds = types_in(signature)
    indexed = [at for at, kind in enumerate(kinds) if kind.endswith("*")]
    order = indexed + [at for at, kind in enumerate(kinds) if not kind.endswith("*")]
    return Form(
        name=signature.partition("(")[0],
        topic=topic(signature.replace("*", "")),
        indexed=tuple(kinds[at][:-1] for at in indexed),
        plain=tuple(kinds[at] for at in order[len(indexed) :]),
        places=tuple(order.index(at) for at in range(len(kinds))),
        says=says,
    )


def one(kind: Callable[..., Event]) -> Says:
    """Says one event, of the arguments as they are declared."""
    return lambda *arguments: (kind(*arguments),)


def _word(text: str) -> bytes:
    if not _WORD.fullmatch(text):
        message = f"topic {text[:80]!r} is not 32 bytes of hex"
        raise Malformed(message)
    return bytes.fromhex(text[2:])
