"""How it is wired: dataflows, settings, the command."""
