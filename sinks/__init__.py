"""Where it goes: the store."""
