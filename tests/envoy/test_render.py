"""`render.py`: from variables to a configuration for Envoy, or one line that says why not."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.envoy.envoy_process import BINARY, RENDER, ROOT, rendered, run_render

PAGE = ROOT / "docs/data-plane.md"
EVERYTHING = {
    "RUNTIME": "[::1]:8081",
    "TOKEN": 'se"cr\\et',
    "APP": "app.shop.svc.cluster.local:3000",
    "SERVICE": 'caf\u00e9 "shop" ]] ${x} \'\\',
    "INBOUND": "0.0.0.0:15006",
    "OUTBOUND": "[::]:15001",
    "ADMIN": "127.0.0.1:9901",
    "BODY_LIMIT": "67108864",
    "ON_FAILURE": "closed",
    "INJECT_TIMEOUT_MS": "1",
    "UPLOAD_TIMEOUT_MS": "600000",
}


def variables() -> dict[str, tuple[str, str]]:
    """Every variable with its default and meaning, as the help shows them."""
    shown = run_render({}, "--help").stdout
    lines = re.findall(r"^  SOFTPROBE_PROXY_(\w+) +(.*) \[(.*)\]$", shown, re.MULTILINE)
    return {name: (default, meaning) for name, meaning, default in lines}


@pytest.mark.parametrize("settings", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_envoy_takes_what_is_rendered(settings: dict[str, str], tmp_path: Path) -> None:
    """Whatever the values, odd characters and IPv6 addresses included."""
    config = tmp_path / "envoy.yaml"
    assert run_render(settings, "--output", str(config)).returncode == 0
    check = [str(BINARY), "--mode", "validate", "--log-level", "error", "-c", str(config)]
    validation = subprocess.run(check, capture_output=True, text=True, check=False)
    assert validation.returncode == 0, validation.stderr
    assert yaml.safe_load(config.read_text()) == yaml.safe_load(rendered(settings))


def test_every_setting_has_its_effect() -> None:
    """Changing one variable changes the configuration."""
    plain = rendered({})
    assert set(EVERYTHING) == set(variables())
    for name, value in EVERYTHING.items():
        assert rendered({name: value}) != plain, name


def test_there_is_no_admin_listener_unless_one_is_asked_for() -> None:
    """Envoy's admin interface can do anything; nobody gets one by accident."""
    assert "admin" not in yaml.safe_load(rendered({}))
    assert "admin" in yaml.safe_load(rendered({"ADMIN": "127.0.0.1:9901"}))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("RUNTIME", "http://runtime:8080", "host:port"),
        ("APP", "app", "host:port"),
        ("APP", "app:70000", "host:port"),
        ("INBOUND", "::1:80", "host:port"),
        ("OUTBOUND", 'x"y:80', "host:port"),
        ("ADMIN", "9901", "host:port"),
        ("BODY_LIMIT", "0", "a whole number from 1 to 67108864"),
        ("BODY_LIMIT", "1MiB", "a whole number from 1 to 67108864"),
        ("ON_FAILURE", "maybe", "open or closed"),
        ("SERVICE", "two\nlines", "printable characters"),
        ("INJECT_TIMEOUT_MS", "1.5", "a whole number from 1 to 60000"),
        ("UPLOAD_TIMEOUT_MS", "-1", "a whole number from 1 to 600000"),
    ],
)
def test_a_bad_value_ends_in_one_line_that_names_the_variable(
    name: str, value: str, expected: str
) -> None:
    """The line has the value and what is accepted; nothing is printed as a configuration."""
    run = run_render({name: value})
    assert run.returncode == 1
    assert run.stdout == ""
    line = f"SOFTPROBE_PROXY_{name}: the value {value!r} is not accepted; expected {expected}\n"
    assert run.stderr == line


def test_a_bad_token_is_not_shown() -> None:
    """It is a secret, even a bad one."""
    run = run_render({"TOKEN": "not a\tsecret"})
    assert run.returncode == 1
    assert "SOFTPROBE_PROXY_TOKEN: the value is not accepted" in run.stderr
    assert "secret" not in run.stderr


def test_a_misspelt_variable_is_refused() -> None:
    """A setting that does nothing is worse than an error."""
    run = run_render({"BODYLIMIT": "5"})
    assert run.returncode == 1
    assert run.stderr.startswith("SOFTPROBE_PROXY_BODYLIMIT: there is no such setting")


def test_an_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The line names the flag and the reason."""
    run = run_render({}, "--output", str(tmp_path / "none" / "envoy.yaml"))
    assert run.returncode == 1
    assert re.fullmatch(r"--output \S+: No such file or directory\n", run.stderr)


def test_the_page_has_every_setting_with_its_default_and_meaning() -> None:
    """The table in the docs is the help, row by row."""
    row = r"^\| `SOFTPROBE_PROXY_(\w+)` \| (.*?) \| (.*?) \|$"
    rows = re.findall(row, PAGE.read_text("utf-8"), re.MULTILINE)
    expected = [
        (name, f"`{default}`" if default else "none", meaning)
        for name, (default, meaning) in variables().items()
    ]
    assert rows == expected


def test_the_renderer_needs_nothing_but_python() -> None:
    """It runs in any image that has a Python."""
    command = [sys.executable, "-I", "-S", str(RENDER), "--help"]
    run = subprocess.run(command, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
