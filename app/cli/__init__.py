"""The `softprobe-runtime` command: one file a subcommand."""
