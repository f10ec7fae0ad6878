"""`make demo` that is interrupted, or that fails."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from demo.processes import Process, StageError
from tests.e2e.leftovers import marked_processes, needs_proc, new_mark
from tests.e2e.performance import COMMAND, SECONDS, environment, perform
from tests.servers import free_port


def read_until(output: IO[str], text: str) -> str:
    """Read lines up to the one that has the text."""
    read = ""
    for line in output:
        read += line
        if text in line:
            return read
    raise AssertionError(f"the demo ended before it said {text!r}: {read}")


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["softprobe-runtime: ", "runtime  ", "Replay"])
def test_an_interrupted_demo_leaves_nothing(
    tmp_path: Path, moment: str, number: signal.Signals
) -> None:
    """Ctrl-C, even twice, and SIGTERM end every process, whatever has been started so far."""
    mark = new_mark()
    with subprocess.Popen(
        COMMAND,
        cwd=tmp_path,
        env=environment(tmp_path, mark),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        read_until(process.stdout, moment)
        process.send_signal(number)
        process.send_signal(number)
        rest = process.stdout.read()
        status = process.wait(SECONDS)
    assert (status, rest.splitlines()[-1:]) == (130, ["Interrupted; every process has ended."])
    assert marked_processes(mark) == []
    assert list((tmp_path / "tmp").iterdir()) == []


@needs_proc
def test_a_demo_that_cannot_go_on_says_why_and_ends_everything(tmp_path: Path) -> None:
    """Here the case cannot be written, for there is a file where its folder should be."""
    (tmp_path / "cases").write_text("in the way")
    failed = perform(tmp_path)
    assert failed.status == 1
    assert "The demo failed: " in failed.output
    assert "capture_store_unavailable" in failed.output
    assert marked_processes(dict(failed.mark)) == []
    assert list((tmp_path / "tmp").iterdir()) == []


@needs_proc
def test_a_demo_that_nobody_reads_any_more_ends_without_noise(tmp_path: Path) -> None:
    """As in `make demo | head -1`."""
    mark = new_mark()
    environ = environment(tmp_path, mark)
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        noise = process.stderr.read()
        assert process.wait(SECONDS) == 1
    assert noise == b""
    assert marked_processes(mark) == []


def broken_stage(folder: Path, program: str) -> list[str]:
    """The demo's command in an environment whose `program` fails at once."""
    real = Path(sys.executable).parents[1]
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").symlink_to(real / "lib")
    (folder / "pyvenv.cfg").write_text((real / "pyvenv.cfg").read_text())
    for name in ("python", "softprobe-runtime", "envoy"):
        (folder / "bin" / name).symlink_to(real / "bin" / name)
    (folder / "bin" / program).unlink()
    (folder / "bin" / program).write_text("#!/bin/sh\necho no such luck\nexit 3\n")
    (folder / "bin" / program).chmod(0o755)
    return [str(folder / "bin/python"), "-m", "demo"]


@needs_proc
@pytest.mark.parametrize(
    ("name", "program"), [("runtime", "softprobe-runtime"), ("envoy", "envoy")]
)
def test_a_demo_whose_process_dies_shows_its_log_and_ends_the_others(
    tmp_path: Path, name: str, program: str
) -> None:
    """The exit status is 1, and nothing stays behind."""
    mark = new_mark()
    run = subprocess.run(
        broken_stage(tmp_path / "venv", program),
        cwd=tmp_path,
        env=environment(tmp_path, mark),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == 1
    said = f"\nThe demo failed: {name} ended with status 3:\n  | no such luck\n"
    assert run.stderr == said
    assert marked_processes(mark) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_process_that_ends_instead_of_listening_is_shown_with_its_log(tmp_path: Path) -> None:
    """The person sees which one it was, its status and its last words."""
    script = "import sys; print('first'); print('no such port', file=sys.stderr); sys.exit(3)"
    process = Process("envoy", [sys.executable, "-u", "-c", script], {}, tmp_path / "log")
    with pytest.raises(StageError) as failure:
        process.wait_until_it_listens(free_port())
    assert str(failure.value) == "envoy ended with status 3:\n  | first\n  | no such port"
