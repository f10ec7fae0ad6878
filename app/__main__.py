"""The entry point of the `softprobe-runtime` command."""

import sys
from argparse import Namespace
from typing import NoReturn

# What a shell gives for a command that SIGINT ended.
INTERRUPTED = 130

# ruff: noqa: PLC0415 (what a subcommand imports takes a second, in which a Ctrl-C shall end in
# silence too, and which nobody waits for who only asks for help)


def _serve() -> int:
    from app.cli.serve import serve

    return serve()


def _doctor(*, as_json: bool) -> NoReturn:
    from app.cli.doctor import doctor

    doctor(as_json=as_json)


def _hosted(asked: Namespace) -> int:
    from app.cli.hosted.command import run

    return run(asked)


def main() -> int:
    """Run the subcommand that the arguments name; gives the exit status."""
    try:
        from app import __version__
        from app.cli.arguments import PROGRAM, parse

        asked = parse()
        if asked.command == "serve":
            return _serve()
        if asked.command == "doctor":
            _doctor(as_json=asked.json)
        if asked.command != "version":
            return _hosted(asked)
        print(PROGRAM, __version__)  # noqa: T201 the answer
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
