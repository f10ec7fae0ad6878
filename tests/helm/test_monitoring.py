"""Alerts and dashboard ask only for metrics that there are, and each alert tells what to do."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.telemetry.metric_table import METRICS
from app.telemetry.metrics import Metrics
from tests.e2e.compose_file import ROOT
from tests.helm.chart import render
from tests.house.pages import read

FOLDER = ROOT / "deploy/monitoring"
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
ALERTS = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))
CASES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text("utf-8"))[
    "tests"
]
PROMTOOL = shutil.which("promtool")
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS: list[dict[str, Any]] = [p for p in DASHBOARD["panels"] if p["type"] != "row"]
# What Prometheus itself knows of each target, and gives to each of its series.
OF_PROMETHEUS = {"up"}
TARGET_LABELS = {"job", "instance"}
SEVERITIES = {"warning", "critical"}


def _series(name: str) -> set[str]:
    """The names of a metric's series in the table; with labels they come with the first value."""
    if METRICS[name].buckets:
        return {f"{name}_{ending}" for ending in ("bucket", "sum", "count")}
    return {name}


def scraped() -> set[str]:
    """The names of the series that a replica shows, now or once it has served something."""
    families = text_string_to_metric_families(Metrics().exposition("").text.decode())
    shown = {sample.name for family in families for sample in family.samples}
    return shown.union(*(_series(name) for name in METRICS))


def queries() -> dict[str, str]:
    """Every expression, by where it stands."""
    found = {rule["alert"]: rule["expr"] for rule in RULES}
    for panel in PANELS:
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "1m")
            found[f"{panel['title']} {target['refId']}"] = expression
    return found


def selectors(expression: str) -> Iterator[Any]:
    """The series that an expression asks for."""
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        elif isinstance(node, promql.MatrixSelector):
            found.append(node.vector_selector)
        return True

    promql.walk(promql.parse(expression), visit)
    yield from found


QUERIES = queries()


@pytest.mark.parametrize("place", QUERIES)
def test_a_query_asks_only_for_series_that_there_are(place: str) -> None:
    """It parses, and every name in it is one that a replica shows."""
    names = {selector.name for selector in selectors(QUERIES[place])}
    assert names
    assert names - scraped() - OF_PROMETHEUS == set()


@pytest.mark.parametrize("place", QUERIES)
def test_a_query_means_the_runtime_and_labels_that_there_are(place: str) -> None:
    """Its job, whatever the release is called, and values that a label takes."""
    for selector in selectors(QUERIES[place]):
        matchers = {m.name: m.value for m in selector.matchers.matchers}
        assert matchers.pop("job") == "softprobe-runtime"
        kind = METRICS.get(re.sub(r"_(bucket|sum|count)$", "", selector.name))
        for label, value in matchers.items():
            assert kind
            assert value in kind.labels[label]


def test_every_metric_of_ours_is_looked_at() -> None:
    """By the dashboard."""
    asked = " ".join(QUERIES.values())
    assert [name for name in METRICS if name not in asked] == []


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    """A severity, a summary, a description, and a paragraph under its name."""
    page = read("docs/alerts.md")
    titles = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert titles == [rule["alert"] for rule in RULES]
    for rule in RULES:
        assert rule["labels"]["severity"] in SEVERITIES
        assert set(rule["annotations"]) == {"summary", "description", "runbook"}
        assert rule["annotations"]["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"
        assert len(page.partition(f"### {rule['alert']}\n")[2].partition("###")[0].split()) > 10


@pytest.mark.skipif(not PROMTOOL, reason="promtool is not on PATH (Debian: in prometheus)")
def test_alerts_fire_when_they_should() -> None:
    """And not otherwise: Prometheus's own tool plays each one's series, and reads what they say."""
    command = [str(PROMTOOL), "test", "rules", str(FOLDER / "alerts_test.yaml")]
    played = subprocess.run(command, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr


def _ends_firing(case: dict[str, Any]) -> bool:
    return bool(case["alert_rule_test"][-1].get("exp_alerts"))


@pytest.mark.parametrize("alert", [rule["alert"] for rule in RULES])
def test_every_alert_has_series_that_fire_it_and_series_that_do_not(alert: str) -> None:
    """Each case asks for the alert that it is called after."""
    cases = [case for case in CASES if case["name"].startswith(f"{alert}: ")]
    assert {asked["alertname"] for case in cases for asked in case["alert_rule_test"]} == {alert}
    assert {_ends_firing(case) for case in cases} == {True, False}


def test_every_panel_says_what_it_shows() -> None:
    """With a unit, and a place that no other panel takes."""
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in PANELS]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in PANELS:
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_the_chart_gives_the_very_alerts_and_dashboard() -> None:
    """One source for the chart and for the Compose file."""
    switches = {"prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}}
    rendered = render({"metrics": switches})
    (rule,) = rendered.of_kind("PrometheusRule")
    assert rule["spec"] == ALERTS
    data = rendered.named("ConfigMap", "demo-softprobe-runtime-dashboard")["data"]
    assert json.loads(data["softprobe-runtime.json"]) == DASHBOARD


def test_the_monitor_calls_the_job_by_the_name_that_the_alerts_know() -> None:
    """And shows Prometheus's token, where one is needed."""
    values = {"metrics": {"serviceMonitor": {"enabled": True}, "token": {"existingSecret": "s"}}}
    (monitor,) = render(values).of_kind("ServiceMonitor")
    (endpoint,) = monitor["spec"]["endpoints"]
    assert {"targetLabel": "job", "replacement": "softprobe-runtime"} in endpoint["relabelings"]
    assert endpoint["authorization"]["credentials"] == {"name": "s", "key": "token"}
