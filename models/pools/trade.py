"""What came of a swap against a pool's state: amounts, fee, state after, and why it ended."""

from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

State = TypeVar("State")


class Ended(StrEnum):
    """Why a swap ended."""

    filled = "filled"  # the whole amount was traded
    limit = "limit"  # the price limit was reached first, or was on the wrong side
    dry = "dry"  # the pool has no more to give, or may not take more
    unknown = "unknown"  # more may be there, beyond what was read


class Trade(Struct, Generic[State], frozen=True):
    """A swap: exact amounts in least units. Unless `filled`, they are what was traded till then."""

    amount_in: int  # fee included
    amount_out: int
    fee: int  # of the token that came in
    after: State
    ended: Ended
