"""The lane: hands whole requests, cut from what a connection received, to what takes them."""

from typing import Protocol

from app.fastlane.heads import MAX_HEAD_BYTES, Heads
from app.fastlane.protocol import INCOMPLETE, NOT_PLAIN, FastProtocol

_END = b"\r\n\r\n"


class PlainCall(Protocol):
    """What serves the requests of one head.

    max_body_bytes: longer bodies are for the plain lane.
    """

    max_body_bytes: int

    def take(self, connection: FastProtocol, request: bytes, body_at: int, name: bytes) -> bool:
        """Begin a request on its connection, or leave it to the plain lane.

        body_at: where its body begins. name: its id as it was sent; empty for none.
        """


class FastLane:
    """Takes what is plain.

    heads: tells which calls these are; each is a PlainCall.
    """

    def __init__(self, heads: Heads) -> None:
        self._heads = heads

    def take(self, connection: FastProtocol, data: bytes) -> int:
        """Begin the request at the beginning of some bytes; see `Lane`."""
        body_at = data.find(_END, 0, MAX_HEAD_BYTES) + len(_END)
        if body_at < len(_END):
            return NOT_PLAIN
        head = self._heads.read(data[:body_at])
        if head is None:
            return NOT_PLAIN
        call: PlainCall = head.call.take
        if head.length > call.max_body_bytes:
            return NOT_PLAIN
        end = body_at + head.length
        if len(data) < end:
            return INCOMPLETE
        request = data if len(data) == end else data[:end]
        if not call.take(connection, request, body_at, head.request_id):
            return NOT_PLAIN
        if head.call.is_last:
            connection.end_with_answer()
        return end
