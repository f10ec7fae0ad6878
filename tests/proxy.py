"""A TCP proxy before a store, which can speak TLS, and answer late or never."""

import asyncio
import ssl
import threading
from typing import Self

PIECE = 64 * 1024


class StoreProxy:
    """Passes everything on to a store.

    port: where it listens; any where it is 0. context: for TLS with whoever connects.
    store_port: where connections made from now on lead to.
    delay: how long each piece of a reply is held back, in seconds.
    silent: whether replies are lost; what is asked still reaches the store.
    connections: how many are open now.
    asked: how many pieces have gone to the store.
    """

    def __init__(
        self, store_port: int, port: int = 0, context: ssl.SSLContext | None = None
    ) -> None:
        self.store_port = store_port
        self.port = port
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.delay = 0.0
        self.silent = False
        self.connections = 0
        self.asked = 0

    @property
    def url(self) -> str:
        """The store's URL, by way of the proxy."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(PIECE):
            self.asked += 1
            writer.write(data)
            await writer.drain()

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(PIECE):
            if self.silent:
                continue
            await asyncio.sleep(self.delay)
            writer.write(data)
            await writer.drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        store_reader, store_writer = await asyncio.open_connection("127.0.0.1", self.store_port)
        ways = [
            asyncio.create_task(self._forward(reader, store_writer)),
            asyncio.create_task(self._reply(store_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.connections -= 1
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            store_writer.close()
            writer.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self._context
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *exit_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
