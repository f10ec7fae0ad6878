"""A redactor: a redaction made ready to be applied to spans.

Of a span it looks at everything that may hold a header, a query string or a body, wherever tools
put copies of them: at the attributes of the span, its events, links, scope and resource, at the
span's name and at its status.
"""

from functools import lru_cache

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.hop.redaction import Redaction
from app.jsonpath.path import JsonPath
from app.otlp.attributes import attributes
from app.otlp.traces import spans_of
from app.redaction.attribute_lists import attribute_lists
from app.redaction.copies import Copies
from app.redaction.named import Named
from app.redaction.names import Names
from app.redaction.secrets import Secrets
from app.redaction.side import Side


class Redactor:
    """Applies one redaction.

    Raises JsonPathError, which the check of the rule would have found.
    """

    def __init__(self, redaction: Redaction) -> None:
        self._paths = tuple(map(JsonPath.parse, redaction.body_paths))
        members = {path.member for path in self._paths if path.member is not None}
        self._names = Names((name.lower() for name in redaction.headers), members)

    def redact(self, traces: TracesData) -> None:
        """Take out of the one span of the traces, and of what is around it, what has to go."""
        secrets = Secrets()
        for _, _, span in spans_of(traces):
            plain = attributes(span.attributes)
            sides = {
                name: Side.of(name, plain, self._paths, secrets) for name in ("request", "response")
            }
            named = Named(self._names, secrets, sides if self._paths else {})
            for pairs in attribute_lists(traces):
                named.redact(pairs)
            Copies(self._names, secrets, sides).redact(traces)


@lru_cache(maxsize=256)
def redactor(redaction: Redaction) -> Redactor:
    """The redactor of a redaction. Raises JsonPathError."""
    return Redactor(redaction)
