"""The command line, one file per subcommand. Each only reads options and hands over."""
