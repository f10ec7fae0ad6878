"""One connection on the fast lane: requests are taken from it while they are plain.

While a request is under way on the fast lane, what comes behind it waits; whatever the lane does
not take goes through the parser as if there were no lane. Of uvicorn's class this leans on `cycle`
(the newest request), with what its shutdown and its timers ask of one.
"""

import asyncio
from time import perf_counter
from typing import Any, Protocol

from app.fastlane.ready import Ready
from app.http.protocol import HttpProtocol

# How long the rest of a plain request may take to come before the plain lane gets what there is,
# in seconds; its own patience begins then.
HOLD_SECONDS = 0.05
# How much may wait behind a request before no more is read, in bytes.
MAX_WAITING_BYTES = 64 * 1024

# What a lane says of some bytes beside how many it took.
NOT_PLAIN = 0
INCOMPLETE = -1

# What stands behind the last header of an answer, and of a connection's last one.
HEAD_END = b"\r\n\r\n"
LAST_HEAD_END = b"\r\nconnection: close\r\n\r\n"


class Lane(Protocol):
    """Takes requests."""

    def take(self, connection: "FastProtocol", data: bytes) -> int:
        """Take a whole request from the beginning of some bytes.

        It is under way then, until the connection's `answer`, `break_off` or `fall_back`.
        It raises nothing: what a bug of the lane's own has kept from it is not plain.
        Gives how many bytes it is, NOT_PLAIN, or INCOMPLETE where more bytes have to come.
        """


class _Turn:
    """Requests under way on the fast lane, as uvicorn asks after the newest request."""

    def __init__(self, connection: "FastProtocol") -> None:
        self._connection = connection
        self.message_event = asyncio.Event()
        self.response_started = False
        self.disconnected = False

    @property
    def keep_alive(self) -> bool:
        """Whether the connection goes on."""
        return self._connection.head_end is HEAD_END

    @keep_alive.setter
    def keep_alive(self, _goes_on: bool) -> None:
        """It never does again."""
        self._connection.head_end = LAST_HEAD_END

    @property
    def response_complete(self) -> bool:
        """Whether none is under way."""
        return self._connection.request is None


class FastProtocol(HttpProtocol):
    """One connection.

    lane: what takes plain requests.
    request: the bytes of the one under way on the lane; None for none.
    head_end: what is to stand behind the last header of its answer.
    """

    request: bytes | None
    head_end: bytes

    def __init__(self, *args: Any, lane: Lane, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._take = lane.take
        self.request = None
        self.head_end = HEAD_END
        # What came behind it, or is not whole yet.
        self._waiting = b""
        self._hold: asyncio.TimerHandle | None = None
        self._turn = _Turn(self)
        # Whether an answer of the lane was the last thing to happen, so that the next byte begins
        # a request and nothing is owed to the client.
        self._is_clean = False
        self._last_answer = 0.0

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        if self._is_clean:
            taken = self._take(self, data)
            if taken == len(data):
                self.request = data
                self._is_clean = False
            else:
                self._leave(data, taken)
            return
        if self._waiting:
            data = self._waiting + data
            self._waiting = b""
        if self.request is None:
            self._offer(data)
            return
        self._waiting = data
        if len(data) > MAX_WAITING_BYTES:
            self.flow.pause_reading()

    def _offer(self, data: bytes) -> None:
        """Have the lane take what it will; the rest is for the parser."""
        taken = NOT_PLAIN
        if self._is_between_requests():
            taken = self._take(self, data)
        self._leave(data, taken)

    def _leave(self, data: bytes, taken: int) -> None:
        """See to what the lane has left of some bytes."""
        if taken == INCOMPLETE:
            self._is_clean = False
            self._waiting = data
            if self._hold is None:
                # More of it does not prolong the time.
                self._hold = self.loop.call_later(HOLD_SECONDS, self._give_up)
            return
        if self._hold:
            self._hold.cancel()
            self._hold = None
        if taken == NOT_PLAIN:
            self._parse_plainly(data)
        else:
            self.request, self._waiting = data[:taken], data[taken:]
            self._is_clean = False
            self.cycle = self._turn  # type: ignore[assignment]

    def _parse_plainly(self, data: bytes) -> None:
        """Some bytes are for the plain lane."""
        self._is_clean = False
        super().data_received(data)

    def _is_between_requests(self) -> bool:
        """Whether the next byte begins a request, and nothing is owed to the client."""
        return (
            self._is_idle()
            and not self._line.client_is_sending
            and not (self._deaf or self._is_last or self.flow.write_paused)
        )

    def _give_up(self) -> None:
        """What is held is for the parser: its rest does not come, or the replica ends."""
        self._hold = None
        data, self._waiting = self._waiting, b""
        if data and not self._line.is_closing():
            self._parse_plainly(data)

    def end_with_answer(self) -> None:
        """The connection ends with the answer to the request under way."""
        self.head_end = LAST_HEAD_END

    def answer(self, octets: bytes, now: float) -> None:
        """Answer the request under way, with a head that ends as `head_end` says.

        now: by `perf_counter`.
        """
        line = self._line
        if not line.is_closing():
            line.write(octets)
            if self.head_end is not HEAD_END:
                line.close()
        self._is_clean = not (self._is_last or self.flow.write_paused)
        self._last_answer = now
        self.request = None
        if self._waiting:
            self._go_on()

    def break_off(self, answer: Ready) -> None:
        """Answer what a bug has left under way, if it is, and end the connection."""
        if self.request is not None:
            self.end_with_answer()
            self.answer(answer.octets(b"-" + self.head_end), perf_counter())

    def fall_back(self) -> None:
        """The request under way is for the parser, as if it came only now."""
        request = self.request
        assert request is not None
        self.request = None
        if not self._line.is_closing():
            self._parse_plainly(request)
        if self._waiting:
            self._go_on()

    def _go_on(self) -> None:
        """Look at what waits behind the request that has ended."""
        if not self._line.is_closing():
            data, self._waiting = self._waiting, b""
            self.flow.resume_reading()
            self._offer(data)

    def timeout_keep_alive_handler(self) -> None:
        """The client has been silent for long, unless the lane has answered it meanwhile."""
        left = self._last_answer + self.timeout_keep_alive - perf_counter()
        if self.request is not None:
            left = self.timeout_keep_alive
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(
                left, self.timeout_keep_alive_handler
            )
        else:
            super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; of a request that it has half sent the parser is to know."""
        if self._hold:
            self._hold.cancel()
            self._parse_plainly(self._waiting)
        self._waiting = b""
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The replica ends."""
        self._is_clean = False
        if self.request is None and self._waiting:
            self._give_up()
        super().shutdown()
