"""`make demo`, as a person runs it."""

import json
import os
import pty
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.e2e.leftovers import marked_processes, needs_proc
from tests.e2e.performance import ROOT, SECONDS, Performance, perform
from tests.envoy.runtime_double import plain_attributes

SCHEMAS = ROOT / "spec/schemas"


@pytest.fixture(scope="module")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    """A run that nothing disturbs."""
    return perform(tmp_path_factory.mktemp("demo"))


def test_the_demo_tells_its_story_in_order(performance: Performance) -> None:
    """Start, capture, the end of the upstream, replay, done; each answer is the recorded one."""
    same = r"\d+ bytes  same status, headers and bytes"
    story = [
        "runtime +http://127.0.0.1:",
        "Envoy, in front of the app +http://127.0.0.1:",
        "\nCapture",
        "GET +/products +a list +200 ",
        "POST +/orders +JSON both ways +201 ",
        "POST +/login +two cookies +200 .*and 2 cookies",
        "GET +/products/7 +a picture +200 .*image/png",
        "GET +/products/99 +not there +404 ",
        r"closed, with 10 hops +cases/captured-sess_\w+\.case\.json",
        "\nThe upstream is gone",
        "connection refused",
        "\nReplay",
        "one rule +replay what",
        f"GET +/products +a list +200 +{same}",
        f"POST +/orders +JSON both ways +201 +{same}",
        f"POST +/login +two cookies +200 +{same}",
        f"GET +/products/7 +a picture +200 +{same}",
        f"GET +/products/99 +not there +404 +{same}",
        "GET +/products/8 +never recorded +599 .*strict miss",
        "its fingerprint +[0-9a-f]{16}",
        "\nDone",
        "5 of 5 answers are the same",
        r"the case, to open +cases/captured-sess_\w+\.case\.json",
    ]
    assert performance.status == 0, performance.output
    assert re.search(".*".join(story), performance.output, re.DOTALL), performance.output


def test_the_demo_writes_plain_text_into_a_pipe(performance: Performance) -> None:
    """No colours, no bare carriage returns, no line wider than a screen."""
    assert "\033" not in performance.output
    assert "\r" not in performance.output
    assert max(map(len, performance.output.splitlines())) <= 120


def test_the_case_that_the_demo_leaves_is_valid(performance: Performance) -> None:
    """It agrees with the published schema, by another validator than the runtime's own."""
    schemas = {path.name: json.loads(path.read_bytes()) for path in SCHEMAS.glob("*.json")}
    resources = [(name, Resource.from_contents(schema)) for name, schema in schemas.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    validator = Draft202012Validator(schemas["case.schema.json"], registry=registry)
    assert [error.message for error in validator.iter_errors(performance.case())] == []


def hops(case: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """The attributes of each recorded hop."""
    for trace in case["traces"]:
        yield plain_attributes(trace["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"])


def test_the_case_has_both_sides_of_every_call(performance: Performance) -> None:
    """Two cookies stay two, and a picture is bytes, on the app's both sides."""
    by_path = {
        (str(hop["sp.traffic.direction"]), str(hop["url.path"])): hop
        for hop in hops(performance.case())
    }
    assert len(by_path) == 10
    for side in ("inbound", "outbound"):
        cookies = by_path[side, "/login"]["http.response.header.set-cookie"]
        assert isinstance(cookies, list)
        assert [cookie.partition("=")[0] for cookie in cookies] == ["sid", "seen"]
    for hop in (by_path["inbound", "/products/7"], by_path["outbound", "/pictures/7"]):
        assert hop["http.response.body.encoding"] == "base64"
        assert b64decode(str(hop["http.response.body"])).startswith(b"\x89PNG")
    assert by_path["outbound", "/pictures/99"]["http.response.status_code"] == 404


@needs_proc
def test_the_demo_leaves_its_case_and_nothing_else(performance: Performance) -> None:
    """No process, no temporary file."""
    assert marked_processes(dict(performance.mark)) == []
    assert list((performance.folder / "tmp").iterdir()) == []
    left = [path.name for path in performance.folder.iterdir()]
    assert sorted(left) == ["cases", "tmp"]


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_that_want_them(no_color: str, coloured: bool) -> None:
    """On a terminal there are colours unless NO_COLOR says otherwise."""
    ours, theirs = pty.openpty()
    script = "from demo.screen import Screen; Screen().act('Replay')"
    environ = os.environ | {"NO_COLOR": no_color, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=theirs, env=environ) as process:
        os.close(theirs)
        shown = os.read(ours, 1000)
        assert process.wait(SECONDS) == 0
    os.close(ours)
    assert b"Replay" in shown
    assert (b"\033[" in shown) == coloured
