"""The store's URL: what it may say, taken apart (operations.md).

One form for each way to run Redis: a server, a unix socket, a cluster, Sentinel. Errors say what is
accepted and never show the URL, which may hold a password.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

STORE_PORT = 6379
SENTINEL_PORT = 26379
# The most that Linux takes.
SOCKET_PATH_BYTES = 107
FORMS = (
    "redis://host:port/db, unix:///path, redis+cluster://host:port,host:port or "
    "redis+sentinel://host:port,host:port/service/db; rediss for TLS; a user and a password as "
    "user:password@ before the hosts, percent-encoded"
)


class Form(StrEnum):
    """The way in which the store is run; the value is the scheme's ending."""

    SERVER = ""
    CLUSTER = "+cluster"
    SENTINEL = "+sentinel"
    UNIX = "unix"


class Node(NamedTuple):
    """Where a server or a Sentinel listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password; either may be missing. Neither is shown."""

    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tls:
    """How a TLS connection is made.

    ca_file: the certificates to trust; without it, the system's.
    cert_file, key_file: the client's own certificate and its key, in PEM.
    check_hostname: whether the server's certificate must name the host.
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    check_hostname: bool = True


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """A store's URL, taken apart.

    nodes: the server, or those of the cluster's nodes or the Sentinels that are named.
    path: the unix socket. service: what Sentinel calls the store.
    login: the store's; sentinel_login: the Sentinels' own.
    """

    form: Form
    nodes: tuple[Node, ...] = ()
    path: str = ""
    db: int = 0
    service: str = ""
    login: Login = Login()
    sentinel_login: Login = Login()
    tls: Tls | None = None


# Control characters, as they are or percent-encoded, and a `%` that encodes nothing.
_BROKEN = re.compile(r"[\x00-\x20\x7f]|%[01][0-9a-fA-F]|%7[fF]|%(?![0-9a-fA-F]{2})")
_TLS_PARAMETERS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname")
_SENTINEL_PARAMETERS = ("sentinel_username", "sentinel_password")


def _is_host(text: str) -> bool:
    """Whether it is a name that can be looked up, or an address."""
    try:
        return bool(text.encode("idna"))
    except UnicodeError:
        return False


def _node(text: str, default_port: int) -> Node:
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]@/\s%]+)(?::([0-9]{1,5}))?", text)
    port = int(match[2] or default_port) if match else 0
    if not match or not 0 < port < 65536 or not _is_host(match[1]):
        raise ValueError(FORMS)
    return Node(match[1].strip("[]"), port)


def _login(text: str) -> Login:
    username, _, password = text.partition(":")
    return Login(unquote(username) or None, unquote(password) or None)


def _needed(strangers: set[str], scheme: str) -> str:
    """Which URL takes what this one does not; the names themselves may be part of a password."""
    if any(name in _TLS_PARAMETERS for name in strangers):
        secure = "rediss" if scheme == "unix" else scheme.replace("redis", "rediss", 1)
        return f" (ssl_… needs {secure}://)"
    if any(name in _SENTINEL_PARAMETERS for name in strangers):
        return " (sentinel_… needs redis+sentinel:// or rediss+sentinel://)"
    return ""


def _parameters(query: str, scheme: str, allowed: tuple[str, ...]) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    if strangers := set(names) - set(allowed):
        which = f"no parameters but {', '.join(allowed)}" if allowed else "no parameters"
        needed = _needed(strangers, scheme)
        raise ValueError(f"{which} with {scheme}://{needed}; a ? in a password is %3F")
    if len(set(names)) < len(names):
        raise ValueError("each of the parameters after ? once")
    return dict(pairs)


def _flag(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("ssl_check_hostname=yes or ssl_check_hostname=no")
    return text == "yes"


def _tls(parameters: Mapping[str, str]) -> Tls:
    cert, key = parameters.get("ssl_certfile"), parameters.get("ssl_keyfile")
    if bool(cert) != bool(key):
        raise ValueError("ssl_certfile and ssl_keyfile together")
    check = _flag(parameters.get("ssl_check_hostname", "yes"))
    return Tls(parameters.get("ssl_ca_certs") or None, cert or None, key or None, check)


def _db(text: str) -> int:
    if not re.fullmatch(r"[0-9]{0,5}", text):
        raise ValueError("a database that is a number, such as redis://host:port/0")
    return int(text or 0)


def _unix(rest: str, query: str) -> StoreUrl:
    login, _, path = rest.rpartition("@")
    if not path.startswith("/") or len(unquote(path).encode()) > SOCKET_PATH_BYTES:
        raise ValueError(
            f"unix:///path/of/the/socket, with a path of {SOCKET_PATH_BYTES} bytes at most"
        )
    parameters = _parameters(query, "unix", ("db",))
    return StoreUrl(
        Form.UNIX, path=unquote(path), db=_db(parameters.get("db", "")), login=_login(login)
    )


def _place(form: Form, path: str) -> tuple[str, int]:
    """The service and the database that the path names."""
    service, _, db = path.partition("/") if form is Form.SENTINEL else ("", "", path)
    if form is Form.SENTINEL and not service:
        raise ValueError("redis+sentinel://host:port,host:port/service/db, with the service")
    number = _db(db)
    if form is Form.CLUSTER and number:
        raise ValueError("no database but 0 with redis+cluster://: a cluster has no other")
    return unquote(service), number


def parse_store_url(text: str) -> StoreUrl:
    """A store's URL, taken apart. Raises ValueError with what is accepted."""
    match = re.fullmatch(r"(unix|rediss?(?:\+cluster|\+sentinel)?)://([^?#]+)(?:\?([^#]*))?", text)
    if not match or _BROKEN.search(text):
        raise ValueError(FORMS)
    scheme, rest, query = match[1], match[2], match[3] or ""
    if scheme == "unix":
        return _unix(rest, query)
    base, _, ending = scheme.partition("+")
    form = Form(f"+{ending}" if ending else "")
    authority, _, path = rest.partition("/")
    if "@" in path:
        raise ValueError(FORMS)
    login, _, hosts = authority.rpartition("@")
    port = SENTINEL_PORT if form is Form.SENTINEL else STORE_PORT
    nodes = tuple(_node(host, port) for host in hosts.split(","))
    if form is Form.SERVER and len(nodes) > 1:
        raise ValueError("one host, or redis+cluster:// or redis+sentinel:// for several")
    secure = base == "rediss"
    allowed: tuple[str, ...] = _TLS_PARAMETERS if secure else ()
    allowed += _SENTINEL_PARAMETERS if form is Form.SENTINEL else ()
    parameters = _parameters(query, scheme, allowed)
    service, db = _place(form, path)
    sentinels = (parameters.get(name) or None for name in _SENTINEL_PARAMETERS)
    return StoreUrl(
        form,
        nodes,
        db=db,
        service=service,
        login=_login(login),
        sentinel_login=Login(*sentinels),
        tls=_tls(parameters) if secure else None,
    )
