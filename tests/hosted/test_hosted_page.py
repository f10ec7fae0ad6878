"""The page on several organisations says what there is."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from app.cli.arguments import parse
from app.cli.hosted.command import COMMANDS
from app.http.audit import ACTIONS
from app.quotas.limits import OPEN_SESSIONS
from app.quotas.standing import Standing, Standings
from app.quotas.told import quota_exceeded
from tests.house.pages import HOUSE, blocks, read
from tests.servers import RUNTIME, Valkey


def test_the_page_tells_every_command() -> None:
    """And none that is not there."""
    page = read("docs/hosted.md")
    told = set(re.findall(r"^\| `((?:orgs|keys) [a-z]+)", page, re.MULTILINE))
    assert told | {"audit"} == set(COMMANDS)
    assert "softprobe-runtime audit" in page


def test_the_page_and_the_help_call_the_same_things_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is to be put in, in capitals: an organisation, a key's id, a limit."""
    rows = re.findall(
        r"^\| `((?:orgs|keys) [a-z]+)((?:[^`\\]|\\.)*)`", read("docs/hosted.md"), re.MULTILINE
    )
    assert len(rows) == len(COMMANDS) - 1
    for command, options in rows:
        with pytest.raises(SystemExit):
            parse([*command.split(), "--help"])
        told = set(re.findall(r"[A-Z]{2,}(?:=[A-Z]+)?", capsys.readouterr().out))
        assert set(re.findall(r"[A-Z]{2,}(?:=[A-Z]+)?", options)) <= told, command


def test_the_page_shows_a_refusal_as_it_is_told() -> None:
    """Word for word."""
    [shown] = blocks("docs/hosted.md", "json")
    spent = Standing(OPEN_SESSIONS, limit=100, used=100, resets_ms=0, window_ms=0)
    refusal = quota_exceeded("acme", Standings("free", 1_800_000_000_000, (spent,)))
    assert json.loads(shown) == refusal.envelope()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--json`, as all of them have."""
    with pytest.raises(SystemExit) as ended:
        parse([*name.split(), "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_the_page_tells_every_action() -> None:
    """Of calls and of commands."""
    page = read("docs/hosted.md")
    sources = (HOUSE / "app/cli/hosted").glob("*.py")
    done = re.findall(r'"((?:key|org)\.[a-z]+)"', "".join(map(Path.read_text, sources)))
    assert [action for action in {*ACTIONS.values(), *done} if f"`{action}`" not in page] == []
    assert len(set(done)) == 5


def test_the_tests_that_hold_each_threat_exist() -> None:
    """By the names that the threat model gives them; what nothing holds is said to be open."""
    page = read("docs/security.md")
    table = page.split("## Threats, row by row")[1].split("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 15
    for *_, meets, tests, _ in rows:
        named = re.findall(r"`(tests/[^`]+)`", tests)
        assert named or "**" in meets, meets
        assert [path for path in named if not (HOUSE / path).is_file()] == []


def test_the_pages_commands_make_a_key_and_show_who_did_what(tmp_path: Path) -> None:
    """One after another in a shell, with a store of their own."""
    [script] = blocks("docs/hosted.md", "sh")
    bare = {k: v for k, v in os.environ.items() if not k.startswith("SOFTPROBE_")}
    bare["PATH"] = f"{RUNTIME.parent}:{bare['PATH']}"
    with Valkey() as store:
        done = subprocess.run(
            ["bash", "-euc", script + 'echo "$KEY"'],
            env=bare | {"SOFTPROBE_STORE_URL": store.url},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    *shown, key = done.stdout.splitlines()
    assert re.fullmatch(r"sp_live_[a-z2-7]{32}", key)
    assert shown[0] == "acme: tier team"
    assert [line.split()[3] for line in shown[2:]] == ["org.create", "key.create"]
    assert key not in "".join(shown) + done.stderr
