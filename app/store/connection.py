"""The connection to the store: a redis-py client for whatever form the store's URL names.

Commands are never repeated by themselves: a change whose reply was lost may have been made.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from redis.asyncio import Redis, UnixDomainSocketConnection
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from app.store.ack import Ack
from app.store.cluster_client import CONNECTIONS_PER_NODE, ClusterClient
from app.store.primary import PrimaryConnection
from app.store.server_client import Pool, SentinelPool, ServerClient
from app.store.tls import SecureConnection, SecurePrimaryConnection, tls_context
from app.store_url import Form, Login, StoreUrl, Tls, parse_store_url

CONNECTIONS = 64
CONNECT_SECONDS = 1.0
REPLY_SECONDS = 1.5
# A Sentinel that does not answer leaves time to ask another.
SENTINEL_SECONDS = 0.5


class StoreSetupError(Exception):
    """The store, or what is said of it, cannot serve; the text is one line for the user."""


def _bounds(connect: float, reply: float) -> dict[str, Any]:
    return {
        "protocol": 3,
        "socket_connect_timeout": connect,
        "socket_timeout": reply,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }


def _login(login: Login) -> dict[str, Any]:
    return {"username": login.username, "password": login.password}


@contextmanager
def _usable(parameter: str, path: str, content: str) -> Iterator[None]:
    """Name the file that the body trips over. Raises StoreSetupError."""
    try:
        yield
    except OSError as error:
        is_content = isinstance(error, ssl.SSLError)
        reason = f"it holds no {content}" if is_content else error.strerror
        raise StoreSetupError(
            f"SOFTPROBE_STORE_URL: {parameter}={path} cannot be used: {reason}"
        ) from None


def _check_files(tls: Tls) -> None:
    """Refuse what the first connection would trip over. Raises StoreSetupError."""
    if tls.ca_file:
        with _usable("ssl_ca_certs", tls.ca_file, "certificate in PEM"):
            tls_context(Tls(tls.ca_file))
    if tls.cert_file and tls.key_file:
        with _usable("ssl_certfile", tls.cert_file, "certificate in PEM"):
            tls_context(Tls(tls.cert_file))
        with _usable("ssl_keyfile", tls.key_file, "key in PEM that belongs to ssl_certfile"):
            tls_context(tls)


def _tls(tls: Tls) -> dict[str, Any]:
    _check_files(tls)
    return {
        "ssl_ca_certs": tls.ca_file,
        "ssl_certfile": tls.cert_file,
        "ssl_keyfile": tls.key_file,
        "ssl_check_hostname": tls.check_hostname,
    }


def _pooled() -> dict[str, Any]:
    return {"max_connections": CONNECTIONS, "timeout": CONNECT_SECONDS}


def _server(url: StoreUrl, options: dict[str, Any]) -> ServerClient:
    options = _pooled() | options | {"db": url.db}
    if url.form is Form.UNIX:
        kind: type[Any] = UnixDomainSocketConnection
        options["path"] = url.path
    else:
        kind = SecureConnection if url.tls else Connection
        options["host"], options["port"] = url.nodes[0]
    return cast("ServerClient", ServerClient.from_pool(Pool(connection_class=kind, **options)))


def _sentinel(url: StoreUrl, options: dict[str, Any]) -> ServerClient:
    own = _bounds(SENTINEL_SECONDS, SENTINEL_SECONDS) | _login(url.sentinel_login)
    kind = SecureConnection if url.tls else Connection
    own |= (_tls(url.tls) if url.tls else {}) | {"retry": options["retry"]}
    sentinel = Sentinel([])
    sentinel.sentinels = [
        Redis.from_pool(ConnectionPool(connection_class=kind, host=host, port=port, **own))
        for host, port in url.nodes
    ]
    managed = SecurePrimaryConnection if url.tls else PrimaryConnection
    options = _pooled() | options | {"db": url.db, "connection_class": managed}
    client = ServerClient.from_pool(SentinelPool(url.service, sentinel, **options))
    return cast("ServerClient", client)


def _cluster(url: StoreUrl, options: dict[str, Any]) -> ClusterClient:
    client = ClusterClient(
        startup_nodes=[ClusterNode(*node) for node in url.nodes],
        max_connections=CONNECTIONS_PER_NODE,
        require_full_coverage=False,
        ssl=url.tls is not None,
        **options,
    )
    if url.tls:
        client.connect_by(SecureConnection)
    return client


def connect(url: str, ack: Ack = Ack.MEMORY) -> Redis:
    """A client for a store's URL; it connects with the first command.

    A cluster's client answers to the same methods, as far as this house uses them. Raises
    StoreSetupError if files that the URL names cannot be used.
    """
    parts = parse_store_url(url)
    options = _bounds(CONNECT_SECONDS, REPLY_SECONDS) | _login(parts.login)
    options |= {"retry": Retry(NoBackoff(), 0)} | (_tls(parts.tls) if parts.tls else {})
    if parts.form is Form.CLUSTER:
        cluster = _cluster(parts, options)
        cluster.ack = ack
        return cast("Redis", cluster)
    client = _sentinel(parts, options) if parts.form is Form.SENTINEL else _server(parts, options)
    client.ack = ack
    return client
