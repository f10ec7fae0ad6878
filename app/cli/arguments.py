"""The command line: what may be asked of `softprobe-runtime`, and the help that says so."""

import argparse
import sys
from collections.abc import Sequence

from app import __version__
from app.cli.colours import Colours
from app.cli.hosted.arguments import add_hosted

PROGRAM = "softprobe-runtime"

_ABOUT = """\
The control plane for HTTP capture and replay: a proxy beside your app asks it about every hop,
and your tests tell it what to answer."""
_EXAMPLES = f"""\
  {PROGRAM} serve
      a replica on http://127.0.0.1:8080 that brings its own store; try
      curl -d '{{"mode": "capture"}}' http://127.0.0.1:8080/v1/sessions
  SOFTPROBE_STORE_URL=redis://localhost:6379 {PROGRAM} serve
      one of many replicas that share a store
  {PROGRAM} doctor
      what is wrong with this set-up, if anything is
  {PROGRAM} keys create --org acme --kind live
      a key for the organisation that `orgs create acme --tier free` made (docs/hosted.md)"""
_SETTINGS = """\
  Settings are environment variables that start with SOFTPROBE_; docs/reference.md lists them.
  A running replica describes its API at /docs."""
_EXIT = """\
  0  all is well        2  it cannot be done: one line on stderr says why
  1  doctor: a fault    3  the store does not answer
  130  interrupted"""


class _Help(argparse.RawDescriptionHelpFormatter):
    """argparse's own form with headings that stand out."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=16)

    def _format_action(self, action: argparse.Action) -> str:
        """The commands by themselves, without a line for what holds them."""
        if isinstance(action, argparse._SubParsersAction):
            return "".join(map(super()._format_action, action._get_subactions()))
        return super()._format_action(action)

    def start_section(self, heading: str | None) -> None:
        super().start_section(_heading((heading or "").capitalize()))


def _heading(text: str) -> str:
    return Colours(sys.stdout).shown("bold", text)


def _epilog() -> str:
    parts = {"Examples": _EXAMPLES, "Settings": _SETTINGS, "Exit status": _EXIT}
    return "\n\n".join(f"{_heading(name)}:\n{text}" for name, text in parts.items())


def parser() -> argparse.ArgumentParser:
    """The parser of all subcommands."""
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [OPTIONS]",
        description=_ABOUT,
        epilog=_epilog(),
        formatter_class=_Help,
    )
    top.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = top.add_subparsers(dest="command", required=True, title="commands", prog=PROGRAM)
    commands.add_parser(
        "serve",
        help="run one replica in the foreground, until SIGTERM or Ctrl-C",
        description="Run one replica in the foreground, configured by SOFTPROBE_… variables alone.",
        formatter_class=_Help,
    )
    doctor = commands.add_parser(
        "doctor",
        help="say what is wrong with this set-up, if anything is",
        description="Examine this set-up as a replica would use it; every fault is one line.",
        formatter_class=_Help,
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    add_hosted(commands, _Help)
    commands.add_parser("version", help="print the version", formatter_class=_Help)
    return top


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked; without words, the whole help."""
    words = sys.argv[1:] if words is None else words
    return parser().parse_args(words or ["--help"])
