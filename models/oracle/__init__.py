"""Oracles on chains: what a feed says, when it is due, what waits for it, what it will say."""
