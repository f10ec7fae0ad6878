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


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead a page's links; those of the page on the API are the site's already."""
    where = page.file.src_uri
    return markdown if where == "api.md" else led(markdown, where)
