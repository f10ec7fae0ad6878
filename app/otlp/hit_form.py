"""The form of a hit: the bytes of an answer that is handed out again and again.

Hits of one answer differ only in the two ids, which repeat those of the question.
"""

from typing import NamedTuple

from app.hop.answer import Answer
from app.otlp.answers import SentIds, encode_hit
from app.otlp.media import Media

# Ids to cut the bytes at. Their lengths, which all others have too, are a part of the bytes.
_TRACE_ID = bytes.fromhex("a5c3f00d8e71d24bb92c6610ffe45a97")
_SPAN_ID = bytes.fromhex("d9b40c72f31ea685")


# The usual lengths of ids as they are sent, in bytes.
TRACE_ID_BYTES, SPAN_ID_BYTES = len(_TRACE_ID), len(_SPAN_ID)


def _written(identity: bytes, media: Media) -> bytes:
    """An id as it stands in the bytes of a medium."""
    return identity if media is Media.PROTOBUF else identity.hex().encode()


class HitForm(NamedTuple):
    """The bytes of a hit before, between and after the ids, which are of the usual lengths.

    In protobuf they stand there as they were sent, in JSON in hex.
    """

    media: Media
    before: bytes
    between: bytes
    after: bytes

    @classmethod
    def of(cls, answer: Answer, media: Media) -> "HitForm | None":
        """The form of an answer; None for one whose bytes hold what the ids are cut out by."""
        octets = encode_hit(answer, SentIds(_TRACE_ID, _SPAN_ID), media)
        trace_id, span_id = _written(_TRACE_ID, media), _written(_SPAN_ID, media)
        if octets.count(trace_id) != 1 or octets.count(span_id) != 1:
            return None
        before, _, rest = octets.partition(trace_id)
        between, _, after = rest.partition(span_id)
        return cls(media, before, between, after)

    @property
    def length(self) -> int:
        """How many bytes those are."""
        ids = _written(_TRACE_ID, self.media) + _written(_SPAN_ID, self.media)
        return len(self.before) + len(self.between) + len(self.after) + len(ids)
