"""Recorded answers: the responses of observed hops, read from the attributes of their spans."""

import re

from app.hop.answer import Answer
from app.otlp.attributes import Attributes, Plain, text
from app.otlp.headers import first_header, read_headers
from app.otlp.hops import read_body

RESPONSE_HEADER = "http.response.header."
# The plural is read too; where both name a header, the singular counts.
RESPONSE_HEADERS = "http.response.headers."
TRUNCATED = "sp.body.truncated"

_STATUS = re.compile(r"[1-9][0-9]{2}")


def _status(*candidates: Plain) -> int | None:
    """The first that is a status: an integer, or its digits in a string."""
    texts = (text(value).strip() for value in candidates if not isinstance(value, bool))
    return next((int(found) for found in texts if _STATUS.fullmatch(found)), None)


def recorded_answer(attributes: Attributes) -> Answer | None:
    """The response in a span's attributes; None where it has none that could be handed out.

    That is where there is no status, or where a body passed the proxy's limit.
    """
    headers = read_headers(attributes, RESPONSE_HEADERS) | read_headers(attributes, RESPONSE_HEADER)
    status = _status(
        attributes.get("http.response.status_code"),
        attributes.get("http.status_code"),
        first_header(headers, ":status"),
    )
    if status is None or text(attributes.get(TRUNCATED)).lower() == "true":
        return None
    return Answer.of(status, headers.items(), read_body(attributes, "http.response.body"))
