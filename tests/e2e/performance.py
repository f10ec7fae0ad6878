"""Runs of the demo, as a person would start it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.leftovers import new_mark

ROOT = Path(__file__).parents[2]
SECONDS = 60
COMMAND = [sys.executable, "-m", "demo"]


@dataclass
class Performance:
    """One run: where, under which mark, and what came of it."""

    folder: Path
    mark: Mapping[str, str]
    status: int
    output: str

    def case(self) -> dict[str, Any]:
        """The case that it left."""
        (path,) = (self.folder / "cases").iterdir()
        document: dict[str, Any] = json.loads(path.read_bytes())
        return document


def environment(folder: Path, mark: Mapping[str, str]) -> dict[str, str]:
    """As from a shell in the checkout, but in a folder of the test's own."""
    temporary = folder / "tmp"
    temporary.mkdir()
    return os.environ | mark | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}


def perform(folder: Path) -> Performance:
    """Run the demo to its end."""
    mark = new_mark()
    run = subprocess.run(
        COMMAND,
        cwd=folder,
        env=environment(folder, mark),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    return Performance(folder, mark, run.returncode, run.stdout.decode())
