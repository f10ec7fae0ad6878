"""A first line: what is said of a hop before its headers, by which most hops are decided."""

from typing import Any, NamedTuple

from app.hop.model import Hop


class LooksDeeperError(Exception):
    """A decision takes more of a hop than its first line."""


class FirstLine(NamedTuple):
    """The first line of a hop whose URL tells no scheme, as it was on the wire.

    method, authority, target: none of them empty. direction: `inbound`, `outbound` or empty.
    service: the service's name. The last two are None where they were not looked at or not told.
    """

    method: str
    authority: str
    target: str
    direction: str | None = None
    service: str | None = None


class _Deeper:
    """Stands for a part that the first line does not tell."""

    def __get__(self, _hop: Any, _owner: type[Any] | None = None) -> Any:
        raise LooksDeeperError


class FirstLineHop(Hop):
    """A hop of which the first line alone is known: whoever asks for more gets LooksDeeperError.

    So what was decided about it is right for every hop with this first line.
    """

    def __init__(self, line: FirstLine) -> None:
        told = {name: text for name, text in line._asdict().items() if text is not None}
        self.__dict__.update(told, scheme="")


_DEEPER = ("session_id", "direction", "service", "query_string", "headers", "body", "tags")
for _part in (*_DEEPER, "selections"):
    setattr(FirstLineHop, _part, _Deeper())
