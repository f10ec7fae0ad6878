"""The two media of OTLP/HTTP, and which of them a request is in and its answer goes out in."""

import re
from enum import Enum
from functools import lru_cache

from app.errors import ApiError


class Media(Enum):
    """A form in which OTLP travels; the value is its content type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"

    @property
    def content_type(self) -> str:
        """The content type that an answer in this form has."""
        return self.value


_BY_TYPE = {
    "application/x-protobuf": Media.PROTOBUF,
    "application/protobuf": Media.PROTOBUF,
    "application/json": Media.JSON,
}
_QUALITY = re.compile(r";\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)

_TYPE = re.compile(r"[a-z0-9!#$&^_.+*-]{1,64}/[a-z0-9!#$&^_.+*-]{1,64}")


def _bare_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _quality(media_range: str) -> float:
    found = _QUALITY.search(media_range)
    return float(found[1]) if found else 1.0


def _qualities(accept: str) -> dict[Media | None, float]:
    """What an Accept header gives each medium; under None what it gives all others."""
    return {
        _BY_TYPE.get(bare): _quality(media_range)
        for media_range in accept.split(",")
        if (bare := _bare_type(media_range)) in _BY_TYPE or bare in ("*/*", "application/*")
    }


def _shown(content_type: str) -> str:
    """The bare type, as far as it has the form of one."""
    bare = _bare_type(content_type)
    if not bare:
        return "none"
    return f"`{bare}`" if _TYPE.fullmatch(bare) else "another"


# Both are asked once a request, and a proxy always sends the same few headers.
@lru_cache(maxsize=64)
def request_media(content_type: str) -> Media:
    """The form that a request's Content-Type names, whatever its parameters.

    Raises `unsupported_media_type` for any other type.
    """
    media = _BY_TYPE.get(_bare_type(content_type))
    if media is None:
        raise ApiError(
            "unsupported_media_type",
            "the content type must be application/x-protobuf or application/json, "
            f"received {_shown(content_type)}",
        )
    return media


@lru_cache(maxsize=64)
def answer_media(accept: str, request: Media) -> Media:
    """The form that a request's Accept header likes best; where it has no say, the request's own.

    accept: the header's value; several headers are joined with commas.
    """
    qualities = _qualities(accept)
    others = qualities.get(None, 0.0)
    return max(Media, key=lambda media: (qualities.get(media, others), media is request))
