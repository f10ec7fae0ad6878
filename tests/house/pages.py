"""The project's pages, for the tests that hold them to the code."""

import re
from pathlib import Path

HOUSE = Path(__file__).parents[2]


def read(page: str) -> str:
    """The text of a page."""
    return (HOUSE / page).read_text("utf-8")


def blocks(page: str, kind: str) -> list[str]:
    """A page's code blocks of a kind, in order."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", read(page), re.DOTALL | re.MULTILINE)


def first_cells(page: str) -> list[str]:
    """The first cell of every table row of a page."""
    return re.findall(r"^\|(.*?)\|", read(page), re.MULTILINE)
