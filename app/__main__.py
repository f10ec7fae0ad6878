"""The entry point of the `softprobe-runtime` command."""

import argparse
import sys

from app import __version__
from app.cli.serve import serve


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
    return serve()


if __name__ == "__main__":
    sys.exit(main())
