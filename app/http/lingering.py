"""A transport that lets the client read the last answer while it is still sending.

One that is closed while its client still sends a body meets it with a reset, and the answer that
was under way, a 401 or 413, is lost. So the own direction is closed first.
"""

import asyncio

# How long a client may go on sending what nobody reads, before it is cut off.
LINGER_SECONDS = 5.0


def _say_to_nobody(data: bytes | bytearray | memoryview) -> None:
    """What a client would have been told that is gone."""


class Lingering:
    """A transport, as far as uvicorn uses one; only its end is different.

    client_is_sending: whether a request has begun and is not whole yet.
    is_ending: whether nothing more is said and the client's end is waited for.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        # Bound once: a lookup by `__getattr__` would slow every other one too.
        self.write = transport.write
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        # Whether nothing more can be said.
        self.is_closing = transport.is_closing
        self.is_ending = False
        self.client_is_sending = False

    def close(self) -> None:
        """Close what is written to, and the rest as soon as the client has sent everything."""
        if self.is_ending or not self.client_is_sending or self._transport.is_closing():
            self._transport.close()
            return
        self.is_ending = True
        self.is_closing = lambda: True
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)

    def end_of_request(self) -> None:
        """The client has sent everything."""
        self.client_is_sending = False
        if self.is_ending:
            self._transport.close()

    def lost(self) -> None:
        """The client is gone; answers that are under way all the same are said to nobody."""
        self.is_closing = lambda: True
        self.write = _say_to_nobody

    def abandon(self) -> None:
        """Close at once, whatever the client is sending."""
        self._transport.close()
