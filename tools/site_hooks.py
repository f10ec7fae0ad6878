"""Hooks of MkDocs: the pages that lie elsewhere or are made, and links that lead to them.

In the repository pages link to each other where they lie; the site has its own places for some.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from tools.api_page import api_page
from tools.reference import served_openapi

HOUSE = Path(__file__).parent.parent
# Where the site has what lies beside `docs/`.
PLACES = {"spec/protocol": "protocol", "spec/schemas": "schemas"}
# What drawings are made of; the style sheet leaves their lines whole.
STROKES = "─│▶→"


def _beside(config: Any) -> list[File]:
    return [
        File.generated(config, f"{place}/{path.name}", abs_src_path=str(path))
        for folder, place in PLACES.items()
        for path in sorted((HOUSE / folder).iterdir())
    ]


def on_files(files: Files, config: Any) -> Files:
    """Add the protocol, the schemas and the page on the API."""
    for file in _beside(config):
        files.append(file)
    files.append(File.generated(config, "api.md", content=api_page(served_openapi())))
    return files


def _source(page: str) -> str:
    """Where a page of the site lies in the repository."""
    for folder, place in PLACES.items():
        if page.startswith(f"{place}/"):
            return f"{folder}/{page.removeprefix(f'{place}/')}"
    return f"docs/{page}"


def _place(path: str) -> str | None:
    """Where the site has a file of the repository; None if it has not."""
    for folder, place in {**PLACES, "docs": "."}.items():
        if path.startswith(f"{folder}/"):
            return f"{place}/{path.removeprefix(f'{folder}/')}".removeprefix("./")
    return None


def led(markdown: str, page: str) -> str:
    """A page's text whose links lead to places of the site; a link to none becomes its text.

    page: its place in the site.
    """
    source, depth = HOUSE / _source(page), page.count("/")

    def lead(found: re.Match[str]) -> str:
        text, name, heading = found[1], found[2], found[3] or ""
        path = (source.parent / name).resolve()
        if not path.is_relative_to(HOUSE):
            return found[0]
        place = _place(str(path.relative_to(HOUSE)))
        return f"[{text}]({'../' * depth}{place}{heading})" if place else text

    return re.sub(r"\[([^\]\[]+)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)", lead, markdown)


def bare_pipes(markdown: str) -> str:
    """A page's text without backslashes before pipes in the code of tables; the site shows them."""

    def bare(row: re.Match[str]) -> str:
        return re.sub(r"`[^`]*`", lambda code: code[0].replace("\\|", "|"), row[0])

    return re.sub(r"^\|.*\|$", bare, markdown, flags=re.MULTILINE)


def framed(html: str) -> str:
    """A page whose blocks of code that are drawings say so."""

    def frame(block: re.Match[str]) -> str:
        return f'{block[1]} picture"{block[2]}' if re.search(f"[{STROKES}]", block[2]) else block[0]

    return re.sub(r'(<div class="[\w -]*highlight)"(.*?</div>)', frame, html, flags=re.DOTALL)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead a page's links; those of the page on the API are the site's already."""
    where = page.file.src_uri
    return bare_pipes(markdown if where == "api.md" else led(markdown, where))


def on_page_content(html: str, **_: Any) -> str:
    """Tell drawings from code."""
    return framed(html)
