"""A question to the index: which recordings agree with a hop."""

from collections.abc import Iterable

from app.hop.ignore import Ignore
from app.hop.json_value import NOT_JSON
from app.hop.lazy import lazy_property
from app.hop.model import Hop
from app.recordings.places import ways_in
from app.recordings.request import Line, Request, ignore_id
from app.recordings.shape import Shape


def _fitting(shapes: list[Shape], request: Request) -> list[Shape]:
    """The shapes that a request may have; one alone is not worth the look at all its ways."""
    if len(shapes) < 2 or request.value is NOT_JSON:
        return shapes
    ways = ways_in(request.value)
    return [shape for shape in shapes if shape.fits(ways)]


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

    @lazy_property
    def _request(self) -> Request | None:
        return Request.of(self._hop, self._ignore)

    def fields(self, shapes: Iterable[Shape] = ()) -> list[bytes]:
        """The fields that hold recordings which agree, those of redacted ones included.

        shapes: those of the redacted recordings on the hop's line.
        """
        request = self._request
        if request is None:
            return []
        redacted = (shape.redacted(request) for shape in _fitting(list(shapes), request))
        requests = [request, *(found for found in redacted if found is not None)]
        keys = dict.fromkeys(found.key(self.ignored) for found in requests)
        return [b"r" + key for key in keys]
