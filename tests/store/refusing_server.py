"""A server that refuses everything with one error, and knows no HELLO, as some proxies do."""

import asyncio
from typing import Self

HELLO = b"-ERR unknown command 'HELLO'\r\n"


class RefusingServer:
    """It answers on a port of its own, in the loop of the test.

    error: the error's line, without its mark and end; empty for a plain OK.
    connections: how many were made so far.
    """

    def __init__(self, error: str) -> None:
        self._answer = f"-{error}\r\n".encode() if error else b"+OK\r\n"
        self.connections = 0
        self.url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while line := await reader.readline():
            words = [await self._word(reader) for _ in range(int(line[1:]))]
            is_setup = words[0] in (b"CLIENT", b"SELECT")
            answer = HELLO if words[0] == b"HELLO" else b"+OK\r\n" if is_setup else self._answer
            writer.write(answer)
        writer.close()

    async def _word(self, reader: asyncio.StreamReader) -> bytes:
        size = int((await reader.readline())[1:])
        return (await reader.readexactly(size + 2))[:-2]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exit_info: object) -> None:
        self._server.close()
