"""An answer: the response with which the proxy answers a hop in the upstream's place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

Headers = tuple[tuple[str, tuple[str, ...]], ...]

# What belongs to one connection, and the lengths: the proxy frames the body that it is given.
_FRAMING = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_BODILESS_STATUSES = (204, 304)
_BODILESS_METHODS = ("HEAD",)


def _merged(headers: Iterable[tuple[str, Sequence[str]]]) -> dict[str, tuple[str, ...]]:
    merged: dict[str, tuple[str, ...]] = {}
    for name, values in headers:
        merged[name.lower()] = merged.get(name.lower(), ()) + tuple(values)
    return merged


def _named_by_connection(headers: dict[str, tuple[str, ...]]) -> set[str]:
    values = headers.get("connection", ())
    return {name.strip().lower() for value in values for name in value.split(",")}


def _handed_out(headers: Iterable[tuple[str, Sequence[str]]]) -> Headers:
    """The headers without those that are never handed out."""
    merged = _merged(headers)
    dropped = _FRAMING | _named_by_connection(merged)
    return tuple(
        (name, values)
        for name, values in merged.items()
        if values and name not in dropped and not name.startswith(":")
    )


def _may_have_body(status: int) -> bool:
    return status >= 200 and status not in _BODILESS_STATUSES


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to hand out.

    status: the HTTP status.
    headers: lower-case names with their values in order; never a hop-by-hop or length header.
    body: the bytes, empty for none.
    delay_ms: how long the proxy waits before it answers, in milliseconds.
    delay_spread_ms: how much longer than that it may be told to wait, see `drawn`.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    delay_ms: int = 0
    delay_spread_ms: int = 0

    @classmethod
    def of(cls, status: int, headers: Iterable[tuple[str, Sequence[str]]], body: bytes) -> "Answer":
        """The answer that a response becomes: less its pseudo, hop-by-hop and length headers.

        headers: names in any case and perhaps repeated, each with its values in order.
        body: dropped where the status may have none.
        """
        return cls(status, _handed_out(headers), body if _may_have_body(status) else b"")

    def to(self, method: str) -> "Answer":
        """The answer to a request of this method, which in any case may be one without a body."""
        bodiless = self.body and method.upper() in _BODILESS_METHODS
        return replace(self, body=b"") if bodiless else self

    def drawn(self, chance: Callable[[], float]) -> "Answer":
        """The answer with one delay, drawn from those that it may have.

        chance: gives a number from 0 up to, but not including, 1.
        """
        if not self.delay_spread_ms:
            return self
        longer = int(chance() * (self.delay_spread_ms + 1))
        return replace(self, delay_ms=self.delay_ms + longer, delay_spread_ms=0)
