"""The commands of the README and of the first steps do what these pages print."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.pages import blocks
from tests.servers import Replica

VARIABLE = re.compile(r"sess_[0-9A-Z]{26}")


@pytest.mark.skipif(not shutil.which("curl"), reason="the pages' commands use curl")
@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_commands_of_a_page_print_what_it_shows(tmp_path: Path, page: str) -> None:
    """Word for word, but for the ids, when they are run one after another in a shell."""
    with Replica(tmp_path) as replica:
        script = "".join(blocks(page, "bash"))
        script = script.replace("http://127.0.0.1:8080", replica.base)
        printed = subprocess.run(
            ["bash", "-euc", script], capture_output=True, text=True, cwd=tmp_path, check=True
        )
    shown = "".join(blocks(page, "json")).splitlines()
    assert [VARIABLE.sub("ID", line) for line in printed.stdout.splitlines()] == [
        VARIABLE.sub("ID", line) for line in shown
    ]


def test_run_and_test_are_the_first_commands() -> None:
    """A new user needs no other line."""
    first = blocks("README.md", "")[0].splitlines()
    assert [line.split("#")[0].strip() for line in first] == ["make run", "make test"]
