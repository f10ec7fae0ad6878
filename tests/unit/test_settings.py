"""Settings: defaults, forms, and one clear line for each bad value."""

import re

import pytest

from app.settings import PREFIX, SettingError, Settings, ignored_variables, read_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the outer environment is seen."""
    import os

    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    """The settings with these variables set."""
    environ = {PREFIX + name.upper(): value for name, value in values.items()}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return read_settings(environ)


def test_nothing_needs_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The defaults are those of the settings page."""
    settings = read(monkeypatch)
    assert settings.listen_addr == ("127.0.0.1", 8080)
    assert settings.session_ttl == 24 * 3600 * 1000
    assert settings.max_body_bytes == 32 * 2**20
    assert settings.max_capture_bytes == 512 * 2**20
    assert settings.capture_case_path == "cases/captured-{sessionId}.case.json"


def test_an_empty_value_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files set variables to nothing to mean the default."""
    assert read(monkeypatch, session_ttl="", listen_addr="").session_ttl == 24 * 3600 * 1000


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("listen_addr", "0.0.0.0:80", ("0.0.0.0", 80)),
        ("listen_addr", ":8080", ("0.0.0.0", 8080)),
        ("listen_addr", "[::1]:0", ("::1", 0)),
        ("session_ttl", "90s", 90_000),
        ("session_ttl", "1.5h", 5_400_000),
        ("session_ttl", "500ms", 500),
        ("max_body_bytes", "1000", 1000),
        ("max_body_bytes", "1MB", 1_000_000),
        ("max_body_bytes", "1 MiB", 2**20),
        ("log_level", "INFO", "info"),
        ("store_url", "redis://h:1/0", "redis://h:1/0"),
        ("drain_delay", "0", 0),
        ("drain_delay", "15s", 15_000),
        ("capture_case_path", "s3://my-bucket/a b/{sessionId}", "s3://my-bucket/a b/{sessionId}"),
        (
            "capture_case_path",
            "gs://b.example/{org}/{sessionId}",
            "gs://b.example/{org}/{sessionId}",
        ),
        ("capture_case_path", "azblob://cases/{sessionId}", "azblob://cases/{sessionId}"),
    ],
)
def test_a_value_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: object
) -> None:
    """Each accepted form means what it says."""
    assert getattr(read(monkeypatch, **{name: value}), name) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listen_addr", "localhost"),
        ("listen_addr", "127.0.0.1:99999"),
        ("session_ttl", "24"),
        ("session_ttl", "0s"),
        ("session_ttl", "-1h"),
        ("session_ttl", "9e99h"),
        ("session_ttl", "99999999999999h"),
        ("session_ttl", "9" * 150 + "h"),
        ("session_ttl", "\u0663h"),
        ("listen_addr", "127.0.0.1:\u0663"),
        ("max_body_bytes", "lots"),
        ("max_body_bytes", "0"),
        ("max_body_bytes", "99999999999999GiB"),
        ("max_capture_bytes", "9" * 150),
        ("capture_case_path", "file:///x%00{sessionId}"),
        ("capture_case_path", "file:///x%zz{sessionId}"),
        ("capture_case_path", "file:///x#{sessionId}"),
        ("capture_case_path", "file://otherhost/x/{sessionId}"),
        ("capture_case_path", "file://localhostx/{sessionId}"),
        ("capture_case_path", "file://{sessionId}"),
        ("capture_case_path", "/cases/" + "n" * 140 + "{org}{sessionId}"),
        ("capture_case_path", "/cases/" + "n" * 170 + "{org}{sessionId}/{date}"),
        ("capture_case_path", "a}{sessionId}"),
        ("capture_case_path", "cases/all.json"),
        ("capture_case_path", "cases/{sessionId}-{hostname}.json"),
        ("capture_case_path", "cases/{sessionId}/"),
        ("capture_case_path", "cases/{sessionId"),
        ("capture_case_path", "ftp://h/{sessionId}.json"),
        ("capture_case_path", "s3:///{sessionId}.json"),
        ("capture_case_path", "s3://{sessionId}"),
        ("capture_case_path", "s3://{org}/{sessionId}.json"),
        ("capture_case_path", "gs://bucket//{sessionId}.json"),
        ("capture_case_path", "gs://bucket/../{sessionId}.json"),
        ("capture_case_path", "S3://bucket/{sessionId}.json"),
        ("capture_case_path", "s3://bucket/{hostname}/{sessionId}.json"),
        ("store_url", "postgres://h/db"),
        ("store_url", "redis+cluster://h/7"),
        ("store_ack", "disk"),
        ("drain_delay", "15"),
        ("drain_delay", "2h"),
        ("data_dir", "\x1b[1mdata"),
        ("store_backend", "memory"),
        ("auth", "ldap"),
        ("log_level", "loud"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The variable, the value (unless it may hold a password) and what is accepted."""
    with pytest.raises(SettingError) as refused:
        read(monkeypatch, **{name: value})
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(f"{PREFIX}{name.upper()}=")
    assert (repr(value) in line) == (name != "store_url")
    assert re.search("expected .", line)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("s3://{org}/{sessionId}", "no placeholder"),
        ("s3:///{sessionId}", "scheme://bucket/key"),
        ("s3://b/{sessionId}", "2 to 63"),
        ("gs://Cases/{sessionId}", "lowercase"),
    ],
)
def test_what_is_wrong_with_a_buckets_name_is_said(
    monkeypatch: pytest.MonkeyPatch, template: str, expected: str
) -> None:
    """A short one is no placeholder."""
    with pytest.raises(SettingError, match=expected):
        read(monkeypatch, capture_case_path=template)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("session_ttl", "9" * 5000 + "h"),
        ("max_capture_bytes", "9" * 5000),
        ("capture_case_path", "/c" * 2100 + "/{sessionId}"),
        ("capture_case_path", "s3://bucket/" + "c/" * 500 + "{sessionId}"),
    ],
)
def test_of_a_long_bad_value_the_beginning_is_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """It is refused all the same."""
    with pytest.raises(SettingError) as refused:
        read(monkeypatch, **{name: value})
    assert value[:20] in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    "url", ["s3://key:hush@bucket/{sessionId}.json", "azblob://cases/{sessionId}?sig=hush"]
)
def test_a_login_or_a_signature_in_a_template_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Buckets have their credentials in the environment."""
    with pytest.raises(SettingError, match=r"expected .") as refused:
        read(monkeypatch, capture_case_path=url)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("name", ["api_token", "metrics_token"])
def test_a_bad_token_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A secret stands in no error, whatever is wrong with it."""
    with pytest.raises(SettingError) as refused:
        read(monkeypatch, **{name: "sp secret"})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "values",
    [
        {"store_backend": "redis"},
        {"store_backend": "embedded", "store_url": "redis://h"},
        {"store_ack": "replica"},
        {"auth": "token"},
        {"auth": "none", "api_token": "t"},
        {"auth": "keys", "api_token": "t", "capture_case_path": "c/{org}/{sessionId}"},
        {"auth": "keys"},
        {"auth": "keys", "capture_case_path": "s3://bucket/{sessionId}"},
    ],
)
def test_settings_that_disagree_are_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    """Neither wins in silence."""
    with pytest.raises(SettingError, match=r"needs|disagree"):
        read(monkeypatch, **values)


def test_keys_need_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """And an address that others reach is not open to them."""
    path = "c/{org}/{sessionId}"
    settings = read(monkeypatch, auth="keys", capture_case_path=path, listen_addr=":8080")
    assert settings.asks_for_keys
    assert not settings.is_open_to_others


def test_a_secret_is_not_in_the_settings_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing the settings shows no token."""
    secrets = {"api_token": "hush", "store_url": "redis://:hush@h"}
    assert "hush" not in repr(read(monkeypatch, **secrets))


def test_a_variable_that_looks_like_a_setting_and_is_none_is_told() -> None:
    """Not those of the proxy, of SDKs and of other programs."""
    environ = dict.fromkeys(
        ["SOFTPROBE_SESION_TTL", "SOFTPROBE_SESSION_TTL", "softprobe_log_level", "PATH"], "1"
    )
    others = dict.fromkeys(["SOFTPROBE_PROXY_APP", "SOFTPROBE_RUNTIME_URL"], "1")
    assert ignored_variables(environ | others) == ["SOFTPROBE_SESION_TTL"]
