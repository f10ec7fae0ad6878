"""The form of a hit: the bytes of an answer that is handed out again and again.

Hits of one answer differ only in the two ids, which repeat those of the question.
"""

from typing import NamedTuple

from app.hop.answer import Answer
from app.hop.model import Hop
from app.otlp.answers import encode_hit
from app.otlp.media import Media
from app.otlp.traces import InjectQuestion

# Ids to cut the bytes at. Their lengths, which all others have too, are a part of the bytes.
_TRACE_ID = bytes.fromhex("a5c3f00d8e71d24bb92c6610ffe45a97")
_SPAN_ID = bytes.fromhex("d9b40c72f31ea685")


def _written(identity: bytes, media: Media) -> bytes:
    """An id as it stands in the bytes of a medium."""
    return identity if media is Media.PROTOBUF else identity.hex().encode()


class HitForm(NamedTuple):
    """The bytes of a hit before, between and after the ids."""

    media: Media
    before: bytes
    between: bytes
    after: bytes

    @classmethod
    def of(cls, answer: Answer, media: Media) -> "HitForm | None":
        """The form of an answer; None for one whose bytes hold what the ids are cut out by."""
        question = InjectQuestion(Hop(), _TRACE_ID, _SPAN_ID)
        octets = encode_hit(answer, question, media)
        trace_id, span_id = _written(_TRACE_ID, media), _written(_SPAN_ID, media)
        if octets.count(trace_id) != 1 or octets.count(span_id) != 1:
            return None
        before, _, rest = octets.partition(trace_id)
        between, _, after = rest.partition(span_id)
        return cls(media, before, between, after)

    def fits(self, question: InjectQuestion) -> bool:
        """Whether the question's ids have their usual lengths."""
        return len(question.trace_id) == len(_TRACE_ID) and len(question.span_id) == len(_SPAN_ID)

    def bytes_for(self, question: InjectQuestion) -> bytes:
        """The bytes of the hit for a question that fits."""
        if self.media is Media.PROTOBUF:
            ids = question.trace_id, question.span_id
            return b"".join((self.before, ids[0], self.between, ids[1], self.after))
        trace_id = _written(question.trace_id, self.media)
        span_id = _written(question.span_id, self.media)
        return b"".join((self.before, trace_id, self.between, span_id, self.after))
