"""What a hop is answered whose organisation has too many calls under way on this replica.

To a proxy that fails open, an error of the runtime means: forward the hop. It would let a test out
into the world just when there are many. So it is a hit, as a blocked hop is, that carries a 503.
"""

from functools import cache

from app.hop.answer import Answer
from app.http.respond import JSON, json_bytes
from app.otlp.answers import encode_hit
from app.otlp.media import Media

STATUS = 503
MESSAGE = (
    "the runtime serves no more calls of this organisation at once (SOFTPROBE_ORG_CONCURRENCY); "
    "the hop was not forwarded: try again"
)


@cache
def busy_hit(media: Media) -> bytes:
    """The bytes of the answer: they are the same whatever was asked, so that nothing is read."""
    body = json_bytes({"error": "quota_exceeded", "message": MESSAGE})
    headers = (("content-type", (JSON,)), ("retry-after", ("1",)))
    return encode_hit(Answer(STATUS, headers, body), None, media)
