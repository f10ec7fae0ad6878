"""The command line's help, and what it refuses."""

import re

import pytest

from app.cli.arguments import PROGRAM, parse
from tests.house.pages import read


def printed(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What asking for these words prints before it ends."""
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == status
    text = capsys.readouterr()
    return text.out + text.err


def test_the_help_names_every_command_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """Without words the whole help is shown too; a pipe has no colours."""
    text = printed(capsys, "--help")
    commands = re.findall(r"^  ([a-z]+)  +[a-z]", text, re.MULTILINE)
    assert commands == ["serve", "doctor", "orgs", "keys", "audit", "version"]
    assert f"  {PROGRAM} doctor\n" in text
    assert "\x1b" not in text
    assert printed(capsys) == text
    assert max(map(len, text.splitlines())) <= 100


def test_every_command_has_a_help_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Which says how it is called."""
    for command in ("serve", "doctor", "orgs", "keys", "audit", "version"):
        assert printed(capsys, command, "--help").startswith(f"usage: {PROGRAM} {command} ")


@pytest.mark.parametrize("words", [("cure",), ("doctor", "--yaml"), ("serve", "now")])
def test_what_is_not_known_is_refused_with_a_usage(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """With the exit status that a wrong use has."""
    assert "usage: " in printed(capsys, *words, status=2)


def test_the_page_on_operations_knows_the_doctors_checks() -> None:
    """By the names that its table has."""
    page = read("docs/operations.md")
    for check in (
        "settings",
        "access",
        "keys",
        "address",
        "open files",
        "memory",
        "store",
        "rights",
    ):
        assert f"| {check} |" in page
    for check in ("latency", "policy", "persistence", "store memory", "clock", "captures"):
        assert f"| {check} |" in page
