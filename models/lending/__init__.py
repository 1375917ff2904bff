"""Lending markets: exact state and arithmetic of Aave (v2, v3) and Compound v3."""
