"""Render the Envoy configuration from the environment: `python render.py --output envoy.yaml`.

Standard library only, so that it runs in any image that has a Python; `--help` lists the variables.
A bad value ends the command with one line that names the variable and what it accepts.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from textwrap import indent
from typing import NamedTuple, TypeVar

HERE = Path(__file__).resolve().parent
PREFIX = "SOFTPROBE_PROXY_"
LUA_MODULES = ("utf8", "base64", "json", "trace_context", "otlp")
LUA_COLUMN = " " * 18
KIB, MIB = 1024, 1024 * 1024
MAX_BODY_LIMIT = 64 * MIB
BUFFER_SLACK_BYTES = 256 * KIB
# A recording holds two bodies, and JSON may write a byte as six characters.
RECORDING_GROWTH = 2 * 6
UPLOAD_RETRIES = 5
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# The configuration holds the runtime's token.
OWNER_ONLY = 0o600

# Every variable, without its prefix: its default and what it means.
VARIABLES = {
    "RUNTIME": ("127.0.0.1:8080", "the runtime, as host:port"),
    "TOKEN": ("", "the runtime's API token"),
    "APP": ("127.0.0.1:3000", "the app, as host:port"),
    "SERVICE": ("app", "the service name that rules and recordings know the app by"),
    "INBOUND": ("127.0.0.1:15006", "where calls to the app arrive"),
    "OUTBOUND": ("127.0.0.1:15001", "where the app sends its own calls"),
    "ADMIN": ("", "Envoy's admin listener; empty: none"),
    "BODY_LIMIT": (str(MIB), "the largest body that is asked about and recorded, in bytes"),
    "ON_FAILURE": (
        "open",
        "a hop that the runtime gave no answer to: `open` forwards it, `closed` refuses it",
    ),
    "INJECT_TIMEOUT_MS": ("5000", "how long a hop may wait for the runtime, in milliseconds"),
    "UPLOAD_TIMEOUT_MS": (
        "20000",
        "how long an upload may take, its retries included, in milliseconds",
    ),
}

Value = TypeVar("Value")


class Address(NamedTuple):
    """A host and a port, as a socket takes them."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Settings(NamedTuple):
    """What a deployment may choose; docs/data-plane.md has the table."""

    runtime: Address
    app: Address
    inbound: Address
    outbound: Address
    admin: Address | None
    service: str
    body_limit: int
    on_failure: str
    token: str
    inject_timeout_ms: int
    upload_timeout_ms: int


def address(text: str) -> Address:
    """`host:port`; an IPv6 host stands in brackets."""
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):(\d{1,5})", text)
    if not match or int(match[3]) > 65535:
        raise ValueError("host:port")
    return Address(match[1] or match[2], int(match[3]))


def optional_address(text: str) -> Address | None:
    """`host:port`, or nothing."""
    return address(text) if text else None


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers in a range."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def service(text: str) -> str:
    """A name of one line."""
    if not text.isprintable():
        raise ValueError("printable characters")
    return text


def open_or_closed(text: str) -> str:
    """What happens to a hop when the runtime is away."""
    if text not in {"open", "closed"}:
        raise ValueError("open or closed")
    return text


def token(text: str) -> str:
    """Something that an HTTP header can carry, or nothing."""
    if not re.fullmatch(r"[\x21-\x7e]*", text):
        raise ValueError("printable ASCII without spaces")
    return text


def read(env: Mapping[str, str], name: str, parse: Callable[[str], Value]) -> Value:
    """One setting; an error names the variable, and the value unless it is the secret."""
    text = env.get(PREFIX + name) or VARIABLES[name][0]
    try:
        return parse(text)
    except ValueError as error:
        shown = "" if parse is token else f" {text!r}"
        sys.exit(f"{PREFIX}{name}: the value{shown} is not accepted; expected {error}")


def read_settings(env: Mapping[str, str]) -> Settings:
    """The settings of an environment."""
    for variable in env:
        if variable.startswith(PREFIX) and variable.removeprefix(PREFIX) not in VARIABLES:
            sys.exit(f"{variable}: there is no such setting; see `render.py --help`")
    return Settings(
        runtime=read(env, "RUNTIME", address),
        app=read(env, "APP", address),
        inbound=read(env, "INBOUND", address),
        outbound=read(env, "OUTBOUND", address),
        admin=read(env, "ADMIN", optional_address),
        service=read(env, "SERVICE", service),
        body_limit=read(env, "BODY_LIMIT", whole_number(1, MAX_BODY_LIMIT)),
        on_failure=read(env, "ON_FAILURE", open_or_closed),
        token=read(env, "TOKEN", token),
        inject_timeout_ms=read(env, "INJECT_TIMEOUT_MS", whole_number(1, 60_000)),
        upload_timeout_ms=read(env, "UPLOAD_TIMEOUT_MS", whole_number(1, 600_000)),
    )


def lua_value(value: object) -> str:
    """A Lua literal; text is escaped byte by byte, so that no value can leave its quotes."""
    if isinstance(value, str):
        plain = re.compile(rb"[^\x20-\x7e]|[\"\\]")
        escaped = plain.sub(lambda raw: b"\\%03d" % raw[0][0], value.encode())
        return f'"{escaped.decode()}"'
    return str(value).lower()


def lua_settings(settings: Settings, direction: str) -> str:
    """The table that the filter's modules require as `softprobe.settings`."""
    table = {
        "direction": direction,
        "service": settings.service,
        "runtime": str(settings.runtime),
        "body_limit": settings.body_limit,
        "fail_open": settings.on_failure == "open",
        "inject_timeout_ms": settings.inject_timeout_ms,
        "upload_timeout_ms": settings.upload_timeout_ms,
    }
    if settings.token:
        table["authorization"] = f"Bearer {settings.token}"
    members = ", ".join(f"{name} = {lua_value(value)}" for name, value in table.items())
    return f"return {{ {members} }}"


def lua_module(name: str, source: str) -> str:
    """A module that the script brings along instead of finding it on a path."""
    return f'package.preload["softprobe.{name}"] = function(...)\n{source.rstrip()}\nend\n'


def lua_script(settings: Settings, direction: str) -> str:
    """The whole filter as one script: its modules, its settings, itself."""
    modules = {name: (HERE / "lua" / f"{name}.lua").read_text("utf-8") for name in LUA_MODULES}
    modules["settings"] = lua_settings(settings, direction)
    bundled = "\n".join(lua_module(name, source) for name, source in modules.items())
    return bundled + "\n" + (HERE / "lua" / "filter.lua").read_text("utf-8")


def template(name: str) -> Template:
    """A part of the configuration with `${...}` for what differs."""
    return Template((HERE / "templates" / f"{name}.yaml").read_text("utf-8"))


def itself(where: Address) -> str:
    """The answer to calls that name the listener as the upstream."""
    hosts = dict.fromkeys([str(where), *(f"{host}:{where.port}" for host in LOOPBACK)])
    return template("itself").substitute(domains=", ".join(f'"{host}"' for host in hosts))


def listener(settings: Settings, direction: str, where: Address, cluster: str) -> str:
    """One side of the app."""
    outbound = direction == "outbound"
    forwarding = template("dynamic_forward_proxy").template if outbound else ""
    return template("listener").substitute(
        direction=direction,
        host=where.host,
        port=where.port,
        cluster=cluster,
        over_limit=settings.body_limit + 1,
        buffer_limit=settings.body_limit + BUFFER_SLACK_BYTES,
        lua=indent(lua_script(settings, direction), LUA_COLUMN),
        forwarding=forwarding.rstrip(),
        itself=itself(where) if outbound else "",
    )


def admin(settings: Settings) -> str:
    """The admin listener, only where one is asked for."""
    if settings.admin is None:
        return ""
    host, port = settings.admin
    return f"admin: {{address: {{socket_address: {{address: '{host}', port_value: {port}}}}}}}"


def render(settings: Settings) -> str:
    """The configuration as YAML."""
    return template("bootstrap").substitute(
        admin=admin(settings),
        inbound=listener(settings, "inbound", settings.inbound, "app").rstrip(),
        outbound=listener(settings, "outbound", settings.outbound, "any_upstream").rstrip(),
        over_limit=settings.body_limit + 1,
        buffer_limit=settings.body_limit + BUFFER_SLACK_BYTES,
        upload_limit=settings.body_limit * RECORDING_GROWTH + MIB,
        upload_retries=UPLOAD_RETRIES,
        app_host=f'"{settings.app.host}"',
        app_port=settings.app.port,
        runtime_host=f'"{settings.runtime.host}"',
        runtime_port=settings.runtime.port,
    )


def read_arguments() -> argparse.Namespace:
    """The command line, whose help lists the variables."""
    lines = [
        f"  {PREFIX}{n:18} {meaning} [{default}]" for n, (default, meaning) in VARIABLES.items()
    ]
    parser = argparse.ArgumentParser(
        description="Make an Envoy configuration from the variables below.",
        epilog="\n".join(["variables:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where to; else standard output"
    )
    return parser.parse_args()


def main() -> None:
    """Write the configuration that the environment asks for."""
    output: Path | None = read_arguments().output
    configuration = render(read_settings(os.environ))
    if output is None:
        sys.stdout.write(configuration)
        return
    try:
        output.touch(OWNER_ONLY)
        output.write_text(configuration, "utf-8")
    except OSError as error:
        sys.exit(f"--output {output}: {error.strerror}")


if __name__ == "__main__":
    main()
