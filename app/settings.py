"""Settings: what the environment says, checked at the start (reference.md).

A bad value raises `SettingError`, whose text is the one line that the user sees.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.capture_path import check_capture_path
from app.quotas.limits import BY_ORGANISATION, Plan, read_plan
from app.store_url import parse_store_url

PREFIX = "SOFTPROBE_"
SECRETS = ("SOFTPROBE_API_TOKEN", "SOFTPROBE_METRICS_TOKEN", "SOFTPROBE_STORE_URL")

_SIZES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZES |= {"kib": 2**10, "mib": 2**20, "gib": 2**30}
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
# Variables of the same prefix that are for the proxy beside the app, and for SDKs and the CLI.
_OF_OTHERS = ("SOFTPROBE_PROXY_", "SOFTPROBE_RUNTIME_URL")
# A URL with a login or with parameters, such as a signature.
_MAY_HOLD_A_SECRET = re.compile(r"://[^/]*@|://.*\?")
# How much of a value an error shows, in characters.
SHOWN = 200
# More than this is a mistake: for sizes in bytes, for durations in ms.
LARGEST = 2**40
LONGEST_MS = 3650 * 24 * 3600 * 1000
LONGEST_DELAY_MS = 3600 * 1000


class SettingError(Exception):
    """A bad setting; its text names the variable, the value and what is accepted."""


class ListenAddress(NamedTuple):
    """Where the replica listens."""

    host: str
    port: int


def _listen_address(value: object) -> object:
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*):([0-9]{1,5})", str(value))
    if not match or int(match[2]) > 65535:
        raise ValueError("host:port, such as 127.0.0.1:8080 or [::1]:8080")
    return ListenAddress(match[1].strip("[]") or "0.0.0.0", int(match[2]))  # noqa: S104 `:8080` means every address


def _size(value: object) -> object:
    match = re.fullmatch(r"0*([0-9]{1,18})\s*([a-zA-Z]*)", str(value).strip())
    size = int(match[1]) * _SIZES.get(match[2].lower(), 0) if match else 0
    if not 0 < size <= LARGEST:
        raise ValueError("a size above 0 and up to 1024GiB, such as 33554432, 32MiB or 1GB")
    return size


def _milliseconds(value: object) -> int:
    """A duration; -1 for what is none."""
    match = re.fullmatch(r"0*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*(ms|s|m|h|d)", str(value).strip())
    return round(float(match[1]) * _SECONDS[match[2]] * 1000) if match else -1


def _duration_ms(value: object) -> object:
    milliseconds = _milliseconds(value)
    if not 0 < milliseconds <= LONGEST_MS:
        raise ValueError(
            "a duration above 0 and up to 3650d with its unit, such as 90s, 30m, 24h or 7d"
        )
    return milliseconds


def _delay_ms(value: object) -> object:
    milliseconds = 0 if str(value).strip() == "0" else _milliseconds(value)
    if not 0 <= milliseconds <= LONGEST_DELAY_MS:
        raise ValueError("a duration up to 1h with its unit, such as 0s, 500ms or 15s")
    return milliseconds


def _folder(value: object) -> object:
    if re.search(r"[\x00-\x1f]", str(value)):
        raise ValueError("a folder's path without control characters")
    return value


def _capture_path(value: object) -> object:
    check_capture_path(str(value))
    return str(value)


def _store_url(value: object) -> object:
    if value:
        parse_store_url(str(value))
    return str(value)


def _count(value: object) -> object:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or int(str(value)) < 1:
        raise ValueError("a whole number from 1 to 99999")
    return int(str(value))


def _quotas(value: object) -> object:
    read_plan(str(value))
    return str(value)


def _token(value: object) -> object:
    if not re.fullmatch(r"[\x21-\x7e]*", str(value)):
        raise ValueError("printable ASCII without spaces")
    return value


Token = Annotated[SecretStr, BeforeValidator(_token)]
Size = Annotated[int, BeforeValidator(_size)]


def _setting(default: Any, description: str, *, shown: bool = True) -> Any:
    """A field whose default goes through the same checks as a value from the environment.

    shown: whether the settings' text may have its value.
    """
    return Field(default=default, description=description, validate_default=True, repr=shown)


class Settings(BaseSettings):
    """One replica's settings, by the names of reference.md without their prefix."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    listen_addr: Annotated[ListenAddress, NoDecode, BeforeValidator(_listen_address)] = _setting(
        "127.0.0.1:8080", "host:port to listen on"
    )
    store_url: Annotated[str, BeforeValidator(_store_url)] = _setting(
        "",
        "Redis or Valkey: [its forms](operations.md#the-stores-url); empty: the embedded server",
        shown=False,
    )
    store_backend: Literal["embedded", "redis"] | None = _setting(
        None, "`embedded` or `redis`; inferred from the store's URL"
    )
    data_dir: Annotated[Path, BeforeValidator(_folder)] = _setting(
        ".softprobe", "the embedded server's files"
    )
    capture_case_path: Annotated[str, BeforeValidator(_capture_path)] = _setting(
        "cases/captured-{sessionId}.case.json",
        "a close's case file: a path or a `file://`, `s3://`, `gs://` or `azblob://` URL with "
        "`{sessionId}`, `{org}`, `{date}`",
    )
    api_token: Token = _setting("", "the token that `/v1/…` needs; empty: open")
    metrics_token: Token = _setting("", "the token that `/metrics` needs; empty: open")
    auth: Literal["none", "token", "keys"] | None = _setting(
        None,
        "`none`, `token` or `keys` ([for several organisations](hosted.md)); inferred: `token` "
        "with a token set, else `none`",
    )
    quotas: Annotated[str, BeforeValidator(_quotas)] = _setting(
        "",
        "without keys: a preset's name or limits such as `sessions_per_minute=60,…` "
        "([quotas](hosted.md#quotas)); empty: none, and nothing is counted",
    )
    org_concurrency: Annotated[int, BeforeValidator(_count)] = _setting(
        "8",
        "with keys: how many calls of one organisation a replica serves at once "
        "([fairness](hosted.md#fairness))",
    )
    store_ack: Literal["memory", "aof", "replica"] = _setting(
        "memory",
        "what an acknowledged write has reached: `memory`, `aof` (the primary's disk), `replica`",
    )
    drain_delay: Annotated[int, BeforeValidator(_delay_ms)] = _setting(
        "0s", "how long calls are still taken after SIGTERM, while `/ready` says 503"
    )
    session_ttl: Annotated[int, BeforeValidator(_duration_ms)] = _setting(
        "24h", "a session's life after its last use"
    )
    max_body_bytes: Size = _setting("32MiB", "one request, inflated")
    max_capture_bytes: Size = _setting("512MiB", "one session's buffered spans")
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)
    ] = _setting("info", "JSON lines on stdout; a human form on a terminal")

    fast_lane: Literal["on", "off"] = _setting(
        "on", "`off` has every call of the data plane served in the plain way, to compare the two"
    )

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines may reach the replica and need no token."""
        host = self.listen_addr.host
        is_own = host in ("localhost", "::1") or host.startswith("127.")
        return not (is_own or self.api_token.get_secret_value() or self.asks_for_keys)

    @property
    def asks_for_keys(self) -> bool:
        """Whether each call needs a key, which says whose it is."""
        return self.auth == "keys"

    @property
    def plan(self) -> Plan | None:
        """What is counted and limited; None for nothing."""
        return BY_ORGANISATION if self.asks_for_keys else read_plan(self.quotas)

    @property
    def concurrency(self) -> int | None:
        """How many calls of one organisation there may be at once; None where there is but one."""
        return self.org_concurrency if self.asks_for_keys else None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse settings that contradict each other rather than let one silently win."""
        if self.store_backend == "redis" and not self.store_url:
            raise ValueError("SOFTPROBE_STORE_BACKEND=redis needs SOFTPROBE_STORE_URL")
        if self.store_backend == "embedded" and self.store_url:
            raise ValueError("SOFTPROBE_STORE_BACKEND=embedded and a SOFTPROBE_STORE_URL disagree")
        if self.store_ack == "replica" and not self.store_url:
            raise ValueError("SOFTPROBE_STORE_ACK=replica needs SOFTPROBE_STORE_URL")
        token = bool(self.api_token.get_secret_value())
        if self.auth == "token" and not token:
            raise ValueError("SOFTPROBE_AUTH=token needs SOFTPROBE_API_TOKEN")
        if self.auth in ("none", "keys") and token:
            raise ValueError(f"SOFTPROBE_AUTH={self.auth} and a SOFTPROBE_API_TOKEN disagree")
        if self.asks_for_keys and self.quotas.strip():
            raise ValueError(
                "SOFTPROBE_AUTH=keys and SOFTPROBE_QUOTAS disagree: each organisation has the "
                "limits of its tier and its own (softprobe-runtime orgs set)"
            )
        if self.asks_for_keys and "{org}" not in self.capture_case_path:
            raise ValueError(
                "SOFTPROBE_AUTH=keys needs {org} in SOFTPROBE_CAPTURE_CASE_PATH, so that each "
                "organisation's captures lie apart, as in cases/{org}/{sessionId}.case.json"
            )
        return self


def _shown(name: str, value: str) -> str:
    """A value as an error may show it: no secret, and no more of it than helps."""
    if name in SECRETS or _MAY_HOLD_A_SECRET.search(value):
        return "(hidden)"
    return repr(value if len(value) <= SHOWN else value[:SHOWN] + "…")


def _one_line(error: Any, environ: Mapping[str, str]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = PREFIX + str(error["loc"][0]).upper()
    value = _shown(name, environ.get(name, ""))
    accepted = error.get("ctx", {}).get("expected") or message
    return f"{name}={value} is not accepted: expected {accepted}"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in the environment.

    environ: the process's environment, also for the error's text.
    Raises SettingError with one line for the first bad value.
    """
    try:
        return Settings()
    except ValidationError as invalid:
        raise SettingError(_one_line(invalid.errors()[0], environ)) from None


def ignored_variables(environ: Mapping[str, str]) -> list[str]:
    """The variables that look like settings and are none: typing errors, most likely."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    ours = (name for name in environ if name.upper().startswith(PREFIX))
    unknown = (name for name in ours if name.upper() not in known)
    return sorted(name for name in unknown if not name.startswith(_OF_OTHERS))
