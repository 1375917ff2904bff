"""Calldata of known contracts as calls: `calls.calls_in`; a file per family of contracts."""
