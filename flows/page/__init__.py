"""The built-in page: what a run knows right now, read-only, in a browser."""
