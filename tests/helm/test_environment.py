"""The runtime's own settings class reads what the chart gives its pods."""

import json
import os
from collections.abc import Callable

import pytest

from app.settings import Settings, ignored_variables, read_settings
from app.store_url import parse_store_url
from tests.helm.chart import CHARTS, RUNTIME, Values, render, runtime
from tests.helm.combinations import COMBINATIONS, external
from tests.helm.environment import WORD, environment

Reader = Callable[[Values], Settings]


def variables(values: Values) -> dict[str, str]:
    """The runtime's environment."""
    rendered = render(values)
    return environment(rendered, runtime(rendered))


def auth_modes() -> list[str]:
    """What the chart's schema lets `auth.mode` be."""
    schema = json.loads((CHARTS / RUNTIME / "values.schema.json").read_text("utf-8"))
    modes: list[str] = schema["properties"]["auth"]["properties"]["mode"]["enum"]
    return modes


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Read the settings of values, as a pod would at its start."""

    def settings(values: Values) -> Settings:
        for name in [name for name in os.environ if name.startswith("SOFTPROBE_")]:
            monkeypatch.delenv(name)
        environ = variables(values)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert ignored_variables(environ) == []
        return read_settings(environ)

    return settings


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_settings_take_every_variable(name: str, read: Reader) -> None:
    """None is unknown and none has a bad value."""
    settings = read(COMBINATIONS[name])
    assert settings.store_url
    assert settings.listen_addr == ("0.0.0.0", 8080)


def test_a_setting_that_the_runtime_does_not_know_is_found(read: Reader) -> None:
    """So that the test before would fail if it should."""
    with pytest.raises(AssertionError, match="SOFTPROBE_SESSION_TIL"):
        read({"extraEnv": [{"name": "SOFTPROBE_SESSION_TIL", "value": "1h"}]})


def test_settings_arrive_as_they_were_given(read: Reader) -> None:
    """Each by its own variable."""
    settings = read(COMBINATIONS["settings"])
    assert settings.session_ttl == 90 * 60 * 1000
    assert settings.max_body_bytes == 64 * 2**20
    assert settings.max_capture_bytes == 2**30
    assert (settings.log_level, settings.store_ack) == ("debug", "aof")
    assert settings.quotas == "sessions_per_minute=60,open_sessions=100"
    assert (settings.org_concurrency, settings.fast_lane) == (12, "off")


def test_the_chart_has_a_value_for_every_setting() -> None:
    """But for those of the embedded store, which a pod does not run."""
    given = {name for values in COMBINATIONS.values() for name in variables(values)}
    settings = {f"SOFTPROBE_{name.upper()}" for name in Settings.model_fields}
    assert settings - given == {"SOFTPROBE_DATA_DIR", "SOFTPROBE_STORE_BACKEND"}


def test_a_login_with_signs_of_its_own_arrives_whole(read: Reader) -> None:
    """A URL's own signs in a user or a password do not end it."""
    values = COMBINATIONS["server-with-password-in-values"]
    store = parse_store_url(read(values).store_url)
    assert (store.login.username, store.login.password) == ("soft probe", "p@ss/w +")
    assert (store.nodes, store.db) == ((("redis.data.svc", 6379),), 3)


def test_sentinel_gets_both_logins_and_the_files_that_are_mounted(read: Reader) -> None:
    """The URL names the files by the paths at which the pod has them."""
    values = COMBINATIONS["sentinel"]
    store = parse_store_url(read(values).store_url)
    assert (store.form, store.service, store.db) == ("+sentinel", "mymaster", 1)
    assert (store.login.username, store.login.password) == ("softprobe", WORD)
    assert (store.sentinel_login.username, store.sentinel_login.password) == ("watcher", WORD)
    mounts = {m["mountPath"] for m in runtime(render(values))["volumeMounts"]}
    assert store.tls
    for file in (store.tls.ca_file, store.tls.cert_file, store.tls.key_file):
        assert file
        assert file.rpartition("/")[0] in mounts


def test_a_service_with_spaces_arrives_whole(read: Reader) -> None:
    """Sentinel knows the primary by any name."""
    values = COMBINATIONS["sentinel-without-its-own-login"]
    assert parse_store_url(read(values).store_url).service == "my primary"


@pytest.mark.parametrize(
    ("form", "scheme"),
    [("server", "rediss://"), ("cluster", "rediss+cluster://"), ("sentinel", "rediss+sentinel://")],
)
def test_tls_goes_with_every_form(form: str, scheme: str, read: Reader) -> None:
    """Without files of one's own the system's authorities are trusted."""
    store = {"form": form, "nodes": ["a:1"], "service": "primary", "tls": {"enabled": True}}
    settings = read(external(**store))
    assert settings.store_url.startswith(scheme)
    assert parse_store_url(settings.store_url).tls is not None


@pytest.mark.parametrize("mode", auth_modes())
def test_the_runtime_takes_every_mode_that_the_chart_offers(mode: str, read: Reader) -> None:
    """No mode of a later version is offered."""
    token = {"value": WORD} if mode == "token" else {}
    captures = {"name": "{org}/{sessionId}.case.json"}
    values = {"auth": {"mode": mode, "token": token}, "captures": captures}
    assert read(values).auth == (mode or None)


@pytest.mark.parametrize(
    ("name", "kind", "annotation"),
    [
        ("cluster-s3", "s3", "eks.amazonaws.com/role-arn"),
        ("gs-gateway", "gs", "iam.gke.io/gcp-service-account"),
        ("azblob-keys", "azblob", "azure.workload.identity/client-id"),
    ],
)
def test_captures_in_a_bucket_need_no_key(name: str, kind: str, annotation: str) -> None:
    """The service account stands for who may write there."""
    rendered = render(COMBINATIONS[name])
    (account,) = rendered.of_kind("ServiceAccount")
    assert annotation in account["metadata"]["annotations"]
    path = environment(rendered, runtime(rendered))["SOFTPROBE_CAPTURE_CASE_PATH"]
    assert path.startswith(f"{kind}://")
    assert rendered.of_kind("PersistentVolumeClaim") == []


def test_azure_recognises_its_pods() -> None:
    """Its webhook looks for a label."""
    (deployment,) = render(COMBINATIONS["azblob-keys"]).of_kind("Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels["azure.workload.identity/use"] == "true"


def test_another_server_that_speaks_s3_may_do_so_in_plain() -> None:
    """By the variables of the cloud's own library."""
    environ = variables(COMBINATIONS["locked-down"])
    assert environ["AWS_ENDPOINT_URL"] == "http://minio.minio:9000"
    assert (environ["AWS_ALLOW_HTTP"], environ["AWS_REGION"]) == ("true", "us-east-1")
