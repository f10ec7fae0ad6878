"""A question to the index: which recordings agree with a hop."""

from collections.abc import Iterable
from functools import cached_property

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.request import Line, Request, ignore_id
from app.recordings.shape import Shape


class Question:
    """What the index has to be asked about a hop."""

    def __init__(self, hop: Hop, ignore: Ignore) -> None:
        self._hop = hop
        self._ignore = ignore
        self.ignored = ignore_id(ignore)

    @property
    def port(self) -> str:
        """The port that the hop names; empty for none."""
        port = self._hop.host.port
        return "" if port is None else str(port)

    @property
    def line_field(self) -> bytes:
        """The field that holds the shapes of the redacted recordings."""
        return b"s" + Line.of(self._hop).key(self.ignored)

    @cached_property
    def _request(self) -> Request | None:
        return Request.of(self._hop, self._ignore)

    def fields(self, shapes: Iterable[Shape] = ()) -> list[bytes]:
        """The fields that hold recordings which agree, those of redacted ones included.

        shapes: those of the redacted recordings on the hop's line.
        """
        request = self._request
        if request is None:
            return []
        redacted = (shape.redacted(request) for shape in shapes)
        requests = [request, *(found for found in redacted if found is not None)]
        keys = dict.fromkeys(found.key(self.ignored) for found in requests)
        return [b"r" + key for key in keys]
