"""Pools of two tokens: exact state, exact swaps, depth curves, and what waiting swaps would do."""
