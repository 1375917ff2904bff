"""The independent truth: a simulated market that imports no model."""
