"""Chains: the canonical one as it stands, folds over it that can be undone, fees."""
