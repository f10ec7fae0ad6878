"""The store of a set-up, for commands that are no replica."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote

from app.settings import Settings
from app.store.ack import Ack
from app.store.embedded import EmbeddedServer


async def _runs(embedded: EmbeddedServer) -> bool:
    """Whether a replica has its embedded server in the same folder already."""
    try:
        _, writer = await asyncio.open_unix_connection(
            unquote(embedded.url.removeprefix("unix://"))
        )
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def store_url(settings: Settings, ack: Ack) -> AsyncIterator[str]:
    """The store's URL; the embedded server is started as a replica would, if none runs yet.

    Raises EmbeddedError if that does not start.
    """
    embedded = EmbeddedServer(settings.data_dir, ack)
    if settings.store_url or await _runs(embedded):
        yield settings.store_url or embedded.url
        return
    await embedded.start()
    try:
        yield embedded.url
    finally:
        await embedded.stop()
