"""Responses as documents write them, `{"status", "headers", "body", "bodyEncoding"}`: answers."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.hop.answer import Answer
from app.rules.written import written_json

DEFAULT_STATUS = 200

# Milliseconds, or `{"min", "max"}` of them.
Delay = float | Mapping[str, float]


def _headers(document: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """The headers as written; the one for a JSON body first, unless they name one."""
    headers = document.get("headers", {})
    is_json = not isinstance(document.get("body"), str | None)
    if is_json and not any(name.lower() == "content-type" for name in headers):
        yield "content-type", ("application/json",)
    for name, value in headers.items():
        yield name, (value,) if isinstance(value, str) else value


def _body(body: Any, encoding: str | None) -> bytes:
    if body is None:
        return b""
    if encoding == "base64":
        return base64.b64decode(body)
    text = body if isinstance(body, str) else written_json(body)
    # Half a surrogate pair has no UTF-8 form, but this one: its escape in JSON.
    return text.encode("utf-8", "backslashreplace")


def _delay(delay: Delay) -> tuple[int, int]:
    """How long to wait at least, and how much longer at most, in milliseconds."""
    if isinstance(delay, Mapping):
        return int(delay["min"]), int(delay["max"] - delay["min"])
    return int(delay), 0


def answer_of(document: Mapping[str, Any], delay: Delay | None = None) -> Answer:
    """The answer that a valid `response` or `error` describes.

    A body that is not a string is sent as compact JSON, its numbers as they were written; null or
    missing, there is none. With the
    encoding `base64` it is the bytes behind the string.

    delay: the rule's `delayMs`; None for that of the response, if it has one.
    """
    delay_ms, spread_ms = _delay(document.get("delayMs", 0) if delay is None else delay)
    answer = Answer.of(
        # To JSON Schema 200.0 is an integer too.
        int(document.get("status", DEFAULT_STATUS)),
        _headers(document),
        _body(document.get("body"), document.get("bodyEncoding")),
    )
    return replace(answer, delay_ms=delay_ms, delay_spread_ms=spread_ms)
