"""The README's commands do what it prints."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.pages import blocks
from tests.servers import Replica

VARIABLE = re.compile(r"sess_[0-9A-Z]{26}")


@pytest.mark.skipif(not shutil.which("curl"), reason="the README's commands use curl")
def test_the_commands_of_the_first_session_print_what_the_readme_shows(tmp_path: Path) -> None:
    """Word for word, but for the ids, when they are run one after another in a shell."""
    with Replica(tmp_path) as replica:
        script = "".join(blocks("README.md", "bash"))
        script = script.replace("http://127.0.0.1:8080", replica.base)
        printed = subprocess.run(
            ["bash", "-euc", script], capture_output=True, text=True, cwd=tmp_path, check=True
        )
    shown = "".join(blocks("README.md", "json")).splitlines()
    assert [VARIABLE.sub("ID", line) for line in printed.stdout.splitlines()] == [
        VARIABLE.sub("ID", line) for line in shown
    ]


def test_run_and_test_are_the_first_commands() -> None:
    """A new user needs no other line."""
    first = blocks("README.md", "")[0].splitlines()
    assert [line.split("#")[0].strip() for line in first] == ["make run", "make test"]
