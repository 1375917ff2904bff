"""Live sources: sockets, spool, clock; lines are made here and nothing is decided."""
