"""What it means: kernels and estimators, arithmetic only."""
