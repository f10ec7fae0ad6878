"""TLS to the store: one context for all connections, made anew when its files have changed.

redis-py makes one for each connection, which takes long enough to hold up other calls, and keeps
trusting the system's authorities beside the one that was named.
"""

import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from redis.asyncio import SSLConnection

from app.store.primary import PrimaryConnection
from app.store_url import Tls


@lru_cache(maxsize=4)
def _context(tls: Tls, _changed: tuple[int, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.check_hostname = tls.check_hostname
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file)
    return context


def tls_context(tls: Tls) -> ssl.SSLContext:
    """What connections are made with. Raises OSError, ssl.SSLError among them, for bad files."""
    files = (tls.ca_file, tls.cert_file, tls.key_file)
    return _context(tls, tuple(Path(file).stat().st_mtime_ns for file in files if file))


class SecureConnection(SSLConnection):
    """A connection over TLS."""

    def _connection_arguments(self) -> Mapping[str, Any]:
        own = self.ssl_context
        tls = Tls(own.ca_certs, own.certfile, own.keyfile, check_hostname=own.check_hostname)
        own.context = tls_context(tls)
        arguments: Mapping[str, Any] = super()._connection_arguments()
        return arguments


class SecurePrimaryConnection(PrimaryConnection, SecureConnection):
    """A connection over TLS to the server that Sentinel names."""
