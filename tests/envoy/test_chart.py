"""The Envoy chart makes the configuration that `render.py` makes, and a real Envoy runs it."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.envoy.client import send
from tests.envoy.envoy_process import ANY_PORT, BINARY, EnvoyProcess, rendered
from tests.envoy.lua import Lua
from tests.envoy.runtime_double import RuntimeDouble, hit
from tests.envoy.upstream_double import UpstreamDouble
from tests.helm.chart import Values, render

CHART = "softprobe-envoy"
SETTINGS = re.compile(
    r'package\.preload\["softprobe\.settings"\] = function\(\.\.\.\)\n(.*?)\nend\n', re.DOTALL
)
TOKEN = "SOFTPROBE_PROXY_TOKEN"
# Where `render.py` has a value of the chart.
NAMES = {
    "app": "APP",
    "service": "SERVICE",
    "inbound": "INBOUND",
    "outbound": "OUTBOUND",
    "admin": "ADMIN",
    "bodyLimit": "BODY_LIMIT",
    "onFailure": "ON_FAILURE",
    "injectTimeoutMs": "INJECT_TIMEOUT_MS",
    "uploadTimeoutMs": "UPLOAD_TIMEOUT_MS",
}
EVERYTHING: Values = {
    "runtime": {"address": "[::1]:8081"},
    "app": "app.shop.svc.cluster.local:3000",
    "service": "shop-2.a_b",
    "inbound": "0.0.0.0:16006",
    "outbound": "[::]:16001",
    "admin": "127.0.0.1:9901",
    "bodyLimit": 67108864,
    "onFailure": "closed",
    "injectTimeoutMs": 1,
    "uploadTimeoutMs": 600000,
}


def configuration(values: Values) -> str:
    """What the chart gives Envoy."""
    (config,) = render(values, CHART).of_kind("ConfigMap")
    return str(config["data"]["envoy.yaml"])


def variables(values: Values) -> dict[str, str]:
    """The same for `render.py`; the chart's addresses differ from its defaults."""
    found = {NAMES[name]: str(value) for name, value in values.items() if name in NAMES}
    release = "softprobe-softprobe-runtime.softprobe:8080"
    runtime = values.get("runtime", {}).get("address", release)
    return {"RUNTIME": runtime, "INBOUND": "0.0.0.0:15006"} | found


def parts(text: str) -> tuple[Any, list[dict[Any, Any]]]:
    """A configuration without the filter's settings, and these as Lua reads them."""
    tree = yaml.safe_load(text)
    chunks: list[str] = []

    def without_settings(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: without_settings(value) for key, value in node.items()}
        if isinstance(node, list):
            return [without_settings(item) for item in node]
        if isinstance(node, str) and (found := SETTINGS.search(node)):
            chunks.append(found[1])
            return re.sub(r"\n+", "\n", SETTINGS.sub("", node))
        return node

    rest = without_settings(tree)
    return rest, [dict(Lua().runtime.execute(chunk.encode())) for chunk in chunks]


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_the_chart_and_the_script_make_the_same_configuration(
    values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter's settings may be written otherwise, but say the same."""
    monkeypatch.delenv(TOKEN, raising=False)
    of_chart, of_script = parts(configuration(values)), parts(rendered(variables(values)))
    assert of_chart[0] == of_script[0]
    assert of_chart[1] == of_script[1]
    assert len(of_chart[1]) == 2


def test_every_value_of_the_configuration_is_compared() -> None:
    """All that the script knows but the token, which the chart leaves to the environment."""
    assert set(variables(EVERYTHING)) == {"RUNTIME", *NAMES.values()}


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_envoy_takes_what_the_chart_makes(values: Values, tmp_path: Path) -> None:
    """As it stands in the config map."""
    config = tmp_path / "envoy.yaml"
    config.write_text(configuration(values))
    check = [str(BINARY), "--mode", "validate", "--log-level", "error", "-c", str(config)]
    validation = subprocess.run(check, capture_output=True, text=True, check=False)
    assert validation.returncode == 0, validation.stderr


@pytest.mark.parametrize("token", ["sp_secret", ""])
def test_the_token_comes_from_the_environment_of_envoy(
    token: str,
    runtime: RuntimeDouble,
    upstream: UpstreamDouble,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No configuration holds it; without one the runtime is asked without."""
    monkeypatch.setenv(TOKEN, token)
    session = f"sess_chart_{token}"
    values = {
        "runtime": {"address": runtime.address},
        "app": upstream.authority,
        "inbound": ANY_PORT,
        "outbound": ANY_PORT,
        "admin": ANY_PORT,
    }
    runtime.answers(session, hit(body="mocked"))
    with EnvoyProcess(tmp_path, configuration(values)) as envoy:
        reply = send(envoy.ports["inbound"], "/", headers={"x-softprobe-session-id": session})
    assert reply.body == b"mocked"
    asked = runtime.calls(session)[0].headers.get("authorization")
    assert asked == (f"Bearer {token}" if token else None)
