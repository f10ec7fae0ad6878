"""`deploy/docker/Dockerfile`: its instructions, and its entry point run without Docker."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.compose_file import ROOT
from tests.servers import free_port, wait_until

DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
TEXT = DOCKERFILE.read_text("utf-8")
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
SECONDS = 20


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE))
    lines = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(word, rest.strip()) for word, rest in lines]


def last_stage() -> dict[str, str]:
    """The last of each instruction of the image itself."""
    listed = instructions()
    start = max(index for index, (word, _) in enumerate(listed) if word == "FROM")
    return dict(listed[start:])


def environment() -> dict[str, str]:
    """What its ENV sets."""
    return dict(re.findall(r"(\w+)=(\S+)", last_stage()["ENV"]))


def command() -> list[str]:
    """What a container of it runs."""
    words: list[str] = json.loads(last_stage()["ENTRYPOINT"]) + json.loads(last_stage()["CMD"])
    return words


def test_the_image_is_built_in_stages_from_hashed_packages() -> None:
    """The tools of the build stay behind; no package comes unchecked."""
    stages = [rest for word, rest in instructions() if word == "FROM"]
    runs = [rest for word, rest in instructions() if word == "RUN"]
    assert stages == ["python:${PYTHON} AS build", "python:${PYTHON}"]
    assert "RUN" not in last_stage()
    assert (
        sum("pip" in run and "install " in run and "--require-hashes" in run for run in runs) == 1
    )
    assert "--hash=sha256:" in (ROOT / "requirements/runtime.txt").read_text()


def test_the_base_is_one_release_of_python_and_the_byte_code_has_no_times() -> None:
    """What may differ between two builds of one checkout is pinned or left out."""
    (base,) = [rest for word, rest in instructions() if word == "ARG" and "PYTHON=" in rest]
    assert re.fullmatch(r"PYTHON=3\.\d+\.\d+-slim-\w+", base)
    compiling = [rest for word, rest in instructions() if "compileall" in rest]
    assert len(compiling) == 1
    assert "--invalidation-mode unchecked-hash" in compiling[0]


def test_the_image_says_what_it_is() -> None:
    """By the annotations of the Open Container Initiative."""
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", last_stage()["LABEL"]))
    assert labels == {"title", "description", "licenses", "version", "revision"}


def test_hadolint_has_nothing_to_complain_about() -> None:
    """The linter of Dockerfiles, with the shell's."""
    command = [str(Path(sys.executable).with_name("hadolint")), str(DOCKERFILE)]
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout) == (0, "")


def test_the_build_gets_what_it_copies_and_nothing_else() -> None:
    """What `.dockerignore` lets through is what the Dockerfile copies."""
    copies = [rest.split() for word, rest in instructions() if word == "COPY"]
    sources = {words[0] for words in copies if not words[0].startswith("--from")}
    assert all((ROOT / source).exists() for source in sources)
    assert IGNORED[1] == "*"
    assert {line[1:] for line in IGNORED if line.startswith("!")} == sources


def test_the_container_does_not_run_as_root_and_can_write_its_cases() -> None:
    """Data and cases lie in one volume, which belongs to the user."""
    settings = environment()
    assert last_stage()["USER"] == "10001:10001"
    (volume,) = json.loads(last_stage()["VOLUME"])
    assert ("COPY", f"--from=build --chown=10001:10001 {volume} {volume}") in instructions()
    made = next(rest for word, rest in instructions() if word == "RUN" and " install -d " in rest)
    for name in ("SOFTPROBE_DATA_DIR", "SOFTPROBE_CAPTURE_CASE_PATH"):
        assert settings[name].startswith(f"{volume}/")
        folder = settings[name].partition("/captured-")[0]
        assert f" {folder}" in made


def test_the_container_listens_to_the_outside_on_8080() -> None:
    """The port that the documents name."""
    assert environment()["SOFTPROBE_LISTEN_ADDR"] == "0.0.0.0:8080"
    assert last_stage()["EXPOSE"] == "8080"


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """The files of the image's working folder."""
    for room in ("app", "spec"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_entry_point_serves_is_healthy_and_ends_at_sigterm(image_folder: Path) -> None:
    """Run as the image has it but for its paths and port; the health check is run the same way."""
    port = str(free_port())
    folders = {"/var/lib/softprobe": str(image_folder / "var"), "0.0.0.0:8080": f"127.0.0.1:{port}"}
    settings = {name: value for name, value in environment().items() if name != "PATH"}
    for old, new in folders.items():
        settings = {name: value.replace(old, new) for name, value in settings.items()}
    program, *words = command()
    assert program == "python"
    with (image_folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *words],
            cwd=image_folder,
            env={"PATH": os.environ["PATH"], **settings},
            stdout=log,
            stderr=log,
        )
    try:
        check = health_check(port)
        healthy = lambda: subprocess.run(check, check=False, capture_output=True).returncode == 0  # noqa: E731
        wait_until(healthy, "the health check to pass")
        server.send_signal(signal.SIGTERM)
        assert server.wait(SECONDS) == 0
    finally:
        server.kill()
        server.wait()
    assert subprocess.run(check, check=False, capture_output=True).returncode != 0


def health_check(port: str) -> list[str]:
    """The image's own health check, on another port."""
    words: list[str] = json.loads(last_stage()["HEALTHCHECK"].partition("CMD ")[2])
    assert words[:2] == ["python", "-c"]
    return [sys.executable, "-c", words[2].replace("8080", port)]
