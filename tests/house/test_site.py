"""The documentation as a site: built without a warning, whole, and in need of nobody else."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from app.api.compilable import check_compilable
from app.documents.rules import check_rules
from tests.house.pages import HOUSE, blocks, read
from tools.reference import served_openapi
from tools.site_hooks import STROKES, bare_pipes, framed, led

# Which blocks of code there are, by page, and the test that runs or checks each.
CHECKED = {
    ("README.md", "bash"): "test_readme.py",
    ("README.md", "json"): "test_readme.py",
    ("docs/index.md", "bash"): "test_readme.py",
    ("docs/hosted.md", "sh"): "test_hosted_page.py",
    ("docs/hosted.md", "json"): "test_hosted_page.py",
    ("docs/index.md", "json"): "test_readme.py",
    ("docs/index.md", "sh"): "test_site.py",
    ("docs/redaction.md", "json"): "test_site.py",
    ("docs/rules.md", "json"): "test_rules_page.py",
    ("docs/rules.md", "hops"): "test_rules_page.py",
    ("docs/data-plane.md", "bash"): "test_render.py",
    ("docs/kubernetes.md", "bash"): "test_page.py",
    ("docs/kubernetes.md", "yaml"): "test_page.py",
    ("spec/protocol/http-control-api.md", "json"): "test_http_control_api.py",
}
# Blocks without a kind are pictures, but for these.
PLAIN = {
    "README.md": ("make ",),
    "docs/operations.md": ("user softprobe",),
    "docs/hosted.md": ("ratelimit-policy: ",),
}
ASSETS = ("script", "img", "iframe", "source")


class Page(HTMLParser):
    """One page of the site: what it links to, what it loads, and what can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        held = {name: value or "" for name, value in attrs}
        self.ids.add(held.get("id", ""))
        if tag == "a" and "href" in held:
            self.links.append(held["href"])
        if tag in ASSETS and "src" in held:
            self.loads.append(held["src"])
        if tag == "link" and held.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(held["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` builds it; a warning fails it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    built = subprocess.run(
        [*command, "--site-dir", str(folder)],
        cwd=HOUSE,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Its pages; the one for what is not found stands for no place."""
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_page_of_the_documentation_is_there(site: Path, pages: dict[Path, Page]) -> None:
    """Those of the protocol, too."""
    wanted = {path.stem for path in (*HOUSE.glob("docs/*.md"), *HOUSE.glob("spec/protocol/*.md"))}
    assert {path.stem for path in pages} == wanted | {"api"}
    assert {path.name for path in (site / "schemas").iterdir()} == {
        path.name for path in (HOUSE / "spec/schemas").iterdir()
    }


def test_every_link_leads_to_something(pages: dict[Path, Page]) -> None:
    """To a file of the site, and within it to a place that exists."""
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"https?:|\.$", link):
                continue
            name, _, place = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.is_file(), (path.name, link)
            if place and target in pages:
                assert place in pages[target].ids | {"__top"}, (path.name, link)


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    """No font, no script, no picture: the site can be read without a network."""
    for path, page in pages.items():
        assert [link for link in page.loads if "//" in link] == [], path.name
    elsewhere = r"url\((?![\"']?(?:data:|#))[\"']?(?:https?:)?//"
    for sheet in site.rglob("*.css"):
        assert re.findall(elsewhere, sheet.read_text("utf-8")) == []


def test_lists_are_lists(pages: dict[Path, Page]) -> None:
    """Markdown takes one without an empty line before it for prose."""
    for path in pages:
        prose = re.findall(r"<p>(.*?)</p>", path.read_text("utf-8"), re.DOTALL)
        assert [text for text in prose if re.search(r"\n\s*(?:-|\d+\.) ", text)] == []


def test_the_api_page_has_every_call_and_schema(site: Path) -> None:
    """Of the document that a replica serves."""
    text = (site / "api.html").read_text("utf-8")
    document = served_openapi()
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in text
    for schema in document["components"]["schemas"].values():
        assert schema["title"] in text


def test_links_lead_to_the_sites_own_places() -> None:
    """And what the site has not is told without a link."""
    text = "[a](rules.md#x) [b](../spec/schemas/case.schema.json) [c](../Makefile) [d](https://e)"
    found = "[a](rules.md#x) [b](schemas/case.schema.json) c [d](https://e)"
    assert led(text, "captures.md") == found
    assert led("[a](../../docs/rules.md)", "protocol/otlp-api.md") == "[a](../rules.md)"


def test_pipes_in_the_code_of_tables_are_bare() -> None:
    """Markdown on GitHub wants a backslash before them, which the site would show."""
    assert bare_pipes("| `a\\|b` | c \\| d |\n`e\\|f`") == "| `a|b` | c \\| d |\n`e\\|f`"


def test_no_table_shows_a_backslash_before_a_pipe(pages: dict[Path, Page]) -> None:
    """Nor does any other code."""
    for path in pages:
        shown = re.findall(r"<code>([^<]*)</code>", path.read_text("utf-8"))
        assert [code for code in shown if "\\|" in code] == [], path.name


def test_drawings_are_told_from_code(pages: dict[Path, Page]) -> None:
    """So that the style sheet breaks long lines of the one and not of the other."""
    block = '<div class="highlight"><pre><code>{}</code></pre></div>'
    both = block.format("curl") + block.format("a ─▶ b")
    assert framed(both) == both.replace(
        '"highlight"><pre><code>a', '"highlight picture"><pre><code>a'
    )
    drawn = {path.name for path in pages if 'highlight picture"' in path.read_text("utf-8")}
    assert drawn == {"index.html", "data-plane.html", "architecture.html"}


def _blocks() -> list[tuple[str, str, str]]:
    found = []
    for path in (*HOUSE.glob("*.md"), *HOUSE.glob("docs/*.md"), *HOUSE.glob("spec/**/*.md")):
        page = str(path.relative_to(HOUSE))
        fenced = re.findall(r"^```(\w*)\n(.*?)^```$", read(page), re.DOTALL | re.MULTILINE)
        found += [(page, kind, text) for kind, text in fenced]
    return found


@pytest.mark.parametrize(("page", "kind"), sorted({block[:2] for block in _blocks()}))
def test_every_block_of_code_is_run_or_checked(page: str, kind: str) -> None:
    """A block without a kind is a picture, which has lines or arrows, or one that a test knows."""
    if kind:
        test = CHECKED[page, kind]
        assert any(Path(HOUSE, "tests").rglob(test)), test
        return
    for text in (text for name, of, text in _blocks() if (name, of) == (page, "")):
        assert re.search(f"[{STROKES}]", text) or text.startswith(PLAIN.get(page, ())), text


def test_the_first_steps_name_commands_that_there_are() -> None:
    """A target of make, and the doctor."""
    run, doctor = (text.strip() for text in blocks("docs/index.md", "sh"))
    assert re.search(rf"^{run.removeprefix('make ')}: ", read("Makefile"), re.MULTILINE)
    assert (HOUSE / doctor.split()[0]).is_file()


def test_the_example_of_redaction_is_a_rule() -> None:
    """As a session takes it."""
    rules: list[Any] = [json.loads(text) for text in blocks("docs/redaction.md", "json")]
    assert check_compilable(check_rules(json.dumps({"rules": rules}).encode()))
