"""How patient live connections are: every waiting time of this folder, with its default."""

from typing import Final

from msgspec import Struct

from schemas.units import NS_PER_MS


class Timing(Struct, frozen=True, kw_only=True):
    """Times of connections, REST and wishes. Names ending in `_s` are seconds."""

    grid_ns: int  # of the ticks: no connection's clock falls behind it
    clock_late_ns: int = 3 * NS_PER_MS  # after a grid time, before a clock line is written
    backoff_least_s: float = 0.5
    backoff_most_s: float = 30.0
    healthy_s: float = 60.0  # a connection that lived so long makes the next wait short again
    open_s: float = 4.0  # TCP, TLS and handshake together
    acknowledge_s: float = 10.0  # from the last subscription sent
    ping_s: float = 2.5  # of silence before we ping, and as much again before we give up
    send_s: float = 5.0  # for one message to leave
    close_s: float = 1.0  # for the other side to answer our close; stopping takes no longer
    request_s: float = 10.0  # for one REST answer
    wish_repeat_s: float = 30.0


MINUTE_S: Final = 60.0
