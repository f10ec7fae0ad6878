"""The lane: hands whole requests, cut from what a connection received, to what takes them."""

import logging
from typing import Protocol

from app.fastlane.heads import Heads
from app.fastlane.protocol import INCOMPLETE, NOT_PLAIN, FastProtocol

log = logging.getLogger("softprobe.fastlane")


class Handler(Protocol):
    """What serves the requests of one head.

    max_body_bytes: longer bodies are for the plain lane.
    """

    max_body_bytes: int

    def take(self, connection: FastProtocol, body: bytes, name: bytes) -> bool:
        """Begin a request on its connection, or leave it to the plain lane.

        body: the request's. name: its id as it was sent; empty for none.
        """


class FastLane:
    """Takes what is plain.

    heads: tells which calls these are; each is a Handler.
    """

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._known = heads.known

    def take(self, connection: FastProtocol, data: bytes) -> int:
        """Begin the request at the beginning of some bytes; see `Lane`."""
        lines, end, body = data.partition(b"\r\n\r\n")
        if not end:
            return NOT_PLAIN
        try:
            head = self._known.get(lines) or self._heads.read(lines)
            if head is None:
                return NOT_PLAIN
            (handler, is_last), length, request_id = head
            if length > handler.max_body_bytes:
                return NOT_PLAIN
            behind = len(body) - length
            if behind:
                if behind < 0:
                    return INCOMPLETE
                body = body[:length]
            if not handler.take(connection, body, request_id):
                return NOT_PLAIN
            if is_last:
                connection.end_with_answer()
        except Exception:
            log.exception("internal error")
            return NOT_PLAIN
        return len(data) - behind
