"""Ready answers: bytes of HTTP/1.1, as the plain lane's server makes them, but for a call's ids.

Each ends, for the call that it is handed out to, with a tail of its head: the request's id and what
the connection has stand behind the last header.
"""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from random import random
from typing import NamedTuple

from app.errors import ApiError
from app.hop.answer import Answer
from app.http.request_id import HEADER
from app.otlp.answers import SentIds, encode_hit
from app.otlp.hit_form import SPAN_ID_BYTES, TRACE_ID_BYTES, HitForm
from app.otlp.media import Media
from app.otlp.status import error_body


@cache
def _begin(status: int, is_json: bool) -> bytes:
    phrase, media = HTTPStatus(status).phrase, Media.JSON if is_json else Media.PROTOBUF
    return f"HTTP/1.1 {status} {phrase}\r\ncontent-type: {media.content_type}\r\n".encode()


def _head(status: int, media: Media, length: int, more: bytes = b"") -> bytes:
    """The head of an answer up to the request's id.

    length: of the body, in bytes. more: headers between, as lines.
    """
    begin = _begin(status, media is Media.JSON)
    return b"%bcontent-length: %d\r\n%b%b: " % (begin, length, more, HEADER)


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


class Ready(NamedTuple):
    """An answer that is the same for all.

    head: up to the request's id.
    """

    status: int
    head: bytes
    body: bytes

    @property
    def handed_out(self) -> int:
        """How many bytes of a recorded or mocked body it holds."""
        return 0

    @classmethod
    def of(cls, body: bytes, media: Media) -> "Ready":
        """A 200 with some body."""
        return cls(200, _head(200, media, len(body)), body)

    @classmethod
    def error(cls, error: ApiError, media: Media) -> "Ready":
        """An error of the catalogue."""
        body, status = error_body(error, media), error.kind.status
        return cls(status, _head(status, media, len(body), _lines(error.headers)), body)

    def octets(self, tail: bytes) -> bytes:
        """All of it, with a tail of its head."""
        return b"%b%b%b" % (self.head, tail, self.body)

    def to(self, _ids: object, tail: bytes) -> tuple[int, bytes]:
        """The status and all of it, with a tail of its head."""
        return self.status, self.octets(tail)


class ReadyHit(NamedTuple):
    """A hit of which all but the ids is written; head: up to the request's id."""

    head: bytes
    answer: Answer
    form: HitForm

    @classmethod
    def of(cls, answer: Answer, media: Media) -> "ReadyHit | DrawnHit":
        """The hit of an answer, ready as far as it is the same for all."""
        form = None if answer.delay_spread_ms else HitForm.of(answer, media)
        if form is None:
            return DrawnHit(answer, media)
        return cls(_head(200, media, form.length), answer, form)

    @property
    def handed_out(self) -> int:
        """How many bytes of a recorded or mocked body it holds."""
        return len(self.answer.body)

    def to(self, ids: tuple[bytes, bytes], tail: bytes) -> tuple[int, bytes]:
        """The status and the bytes of the hit for a question's ids, with a tail of its head."""
        head, answer, (media, before, between, after) = self
        trace_id, span_id = ids
        if len(trace_id) != TRACE_ID_BYTES or len(span_id) != SPAN_ID_BYTES:
            return DrawnHit(answer, media).to(ids, tail)
        if media is not Media.PROTOBUF:
            trace_id, span_id = trace_id.hex().encode(), span_id.hex().encode()
        return 200, b"".join((head, tail, before, trace_id, between, span_id, after))


class DrawnHit(NamedTuple):
    """A hit that is written anew for each question: its delay is drawn or its ids are unusual."""

    answer: Answer
    media: Media

    @property
    def handed_out(self) -> int:
        """How many bytes of a recorded or mocked body it holds."""
        return len(self.answer.body)

    def to(self, ids: tuple[bytes, bytes], tail: bytes) -> tuple[int, bytes]:
        """The status and the bytes of the hit for a question's ids, with a tail of its head."""
        body = encode_hit(self.answer.drawn(random), SentIds(*ids), self.media)
        return Ready.of(body, self.media).to(ids, tail)


# What a call is answered.
Verdict = Ready | ReadyHit | DrawnHit
