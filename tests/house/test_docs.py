"""The documentation is complete, true where that can be checked, and leads nowhere wrong."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from app.settings import Settings
from app.store import keys
from tests.house.pages import HOUSE, read
from tools.reference import PAGE, current_reference

PAGES = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/*.md"), *HOUSE.glob("spec/**/*.md")])


def test_the_reference_is_up_to_date() -> None:
    """`make docs` would write what stands there: every setting, endpoint, error and metric."""
    assert PAGE.read_text("utf-8") == current_reference()


def test_every_setting_has_a_meaning() -> None:
    """The reference has a line for each, and none of them is empty."""
    assert all(field.description for field in Settings.model_fields.values())


def test_every_key_of_the_store_is_in_the_picture() -> None:
    """By its name with the places of organisation and session held open."""
    picture = read("docs/architecture.md")
    listed = [*keys.session_keys("org", "session"), *keys.org_keys("org")[:2]]
    listed += [*keys.org_record_keys("org"), keys.org_key_index("org"), *keys.audit_keys("org")]
    listed += [*keys.key_record_keys("sha256"), keys.ORGS, keys.KEY_IDS]
    assert [key for key in listed if key not in picture] == []
    assert keys.DUE in picture


def test_the_rooms_are_told_as_the_import_contract_has_them() -> None:
    """The architecture page and the contributors' page draw the same line."""
    with (HOUSE / "pyproject.toml").open("rb") as file:
        contract = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]
    layers = [layer.replace(" | ", ", ") for layer in contract["layers"] if layer != "__main__"]
    line = " → ".join(layers)
    for page in ("docs/architecture.md", "CONTRIBUTING.md"):
        assert line in re.sub(r"\s+", " ", read(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_to_something(page: Path) -> None:
    """A file that exists, and within it a heading that exists."""
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        name, _, heading = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", found.read_text("utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles]


def test_make_help_lists_every_target() -> None:
    """With a few words on each."""
    makefile = read("Makefile")
    targets = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()
    command = ["make", "--no-print-directory", "-C", str(HOUSE), "help"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in printed.splitlines()] == targets
    assert all(len(line.split()) > 3 for line in printed.splitlines())


def test_every_page_that_the_code_names_exists() -> None:
    """By its file's name, so that a reader finds it."""
    pages = {page.name for page in PAGES}
    code = [*HOUSE.glob("app/**/*.py"), *HOUSE.glob("app/**/*.lua"), *HOUSE.glob("tests/**/*.py")]
    named = {
        name for path in code for name in re.findall(r"[a-z-]+\.md\b", path.read_text("utf-8"))
    }
    assert named - pages == set()
