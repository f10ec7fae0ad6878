"""The entry point of the `softprobe-runtime` command."""

import argparse
import sys

from app import __version__

# What a shell gives for a command that SIGINT ended.
INTERRUPTED = 130


def main() -> int:
    """Run the subcommand that the arguments name; gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="softprobe-runtime", description="The control plane for HTTP capture and replay."
    )
    parser.add_argument("--version", action="version", version=f"softprobe-runtime {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser(
        "serve",
        help="run one replica in the foreground",
        description="Run one replica in the foreground, configured by SOFTPROBE_… variables alone.",
    )
    parser.parse_args()
    try:
        # Only now: what it imports takes a second, in which a Ctrl-C shall end in silence too.
        from app.cli.serve import serve  # noqa: PLC0415

        return serve()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
