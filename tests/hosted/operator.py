"""Whoever runs the service, for tests: the commands of `softprobe-runtime`, in this process."""

import contextlib
import io
import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from app.cli.arguments import parse
from app.cli.hosted.command import run
from app.telemetry.logs import ROOT


class Told(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


@contextlib.contextmanager
def _logs_as_they_are() -> Iterator[None]:
    """Commands set their logs up for a process of their own."""
    names = (ROOT, "uvicorn.error", "opentelemetry")
    loggers = [logging.getLogger(name) for name in names]
    held = [(log, log.handlers, log.propagate, log.level) for log in loggers]
    yield
    for log, handlers, propagate, level in held:
        log.handlers, log.propagate = handlers, propagate
        log.setLevel(level)


def _status(words: tuple[str, ...]) -> int:
    try:
        return run(parse(words))
    except SystemExit as ended:
        return int(ended.code or 0)


class Operator:
    """Runs commands with settings of its own.

    folder: where a data folder lies unless the settings name one.
    settings: environment variables, without their prefix and in lower case.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        bare = {k: v for k, v in os.environ.items() if not k.startswith("SOFTPROBE_")}
        settings = {"data_dir": str(folder / "data")} | settings
        self.environ = bare | {f"SOFTPROBE_{k.upper()}": v for k, v in settings.items()}

    def run(self, *words: str) -> Told:
        """Run a command."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environ, clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _logs_as_they_are(),
        ):
            status = _status(words)
        return Told(status, out.getvalue(), err.getvalue())

    def ask(self, *words: str) -> Any:
        """What a command that succeeds says to programs."""
        told = self.run(*words, "--json")
        assert (told.status, told.err) == (0, "")
        return json.loads(told.out)

    def org(self, org: str, tier: str = "enterprise") -> None:
        """Make an organisation."""
        self.ask("orgs", "create", org, "--tier", tier)

    def key(self, org: str, kind: str = "live", project: str = "") -> str:
        """Make a key."""
        bound = ("--project", project) if project else ()
        made = self.ask("keys", "create", "--org", org, "--kind", kind, *bound)
        key: str = made["key"]
        return key


def bearing(key: str) -> Mapping[str, str]:
    """The headers of a call with a key."""
    return {"authorization": f"Bearer {key}"}
