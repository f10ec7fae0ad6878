"""A side of a hop, the request or the response: how its body stands in a span's attributes."""

from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from app.hop.embedded import embedded_document
from app.otlp.attributes import Attributes, attribute, text
from app.otlp.headers import read_headers
from app.otlp.octets import from_base64, to_base64
from app.redaction.body import BodyRedaction, Paths
from app.redaction.secrets import Secrets

Change = Callable[[bytes], bytes]


def _put(value: AnyValue, body: bytes, *, in_base64: bool) -> None:
    """Write a body: in base64 as it was, else as text, or as bytes where it is none."""
    if in_base64:
        value.string_value = to_base64(body)
        return
    try:
        value.string_value = body.decode()
    except UnicodeDecodeError:
        value.bytes_value = body


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a hop.

    redaction: what is replaced in its body. is_base64: whether a body that is a string is base64.
    is_unpackable: whether nothing can be put into its content codings.
    """

    redaction: BodyRedaction
    is_base64: bool
    is_unpackable: bool = False

    @classmethod
    def of(cls, name: str, span: Attributes, paths: Paths, secrets: Secrets) -> "Side":
        """A side by a span's attributes.

        name: `request` or `response`. paths: what they select in the body goes.
        secrets: is told what went.
        """
        prefix = f"http.{name}.header"
        headers = read_headers(span, f"{prefix}s.") | read_headers(span, f"{prefix}.")
        types, codings = headers.get("content-type", ()), headers.get("content-encoding", ())
        encoding = text(span.get(f"http.{name}.body.encoding"))
        return cls(
            BodyRedaction(paths, types, codings, secrets),
            is_base64=encoding.lower() == "base64",
            is_unpackable=not BodyRedaction(paths, types, codings).can_pack,
        )

    def redact(self, pair: KeyValue) -> bool:
        """Redact the body in an attribute; whether it has lost its content codings by that."""
        for item in pair.value.array_value.values:
            # A list of documents, or a body kept as one: the paths may mean either.
            if embedded_document(item.string_value) is not None:
                item.string_value = self.redaction.redact(item.string_value.encode()).decode()
        return self.change(pair, self.redaction.redact) and self.is_unpackable

    def sweep(self, pair: KeyValue, secrets: Secrets) -> None:
        """Take copies of secrets out of the body in an attribute."""
        self.change(pair, lambda body: self.redaction.sweep(body, secrets))

    def change(self, pair: KeyValue, change: Change) -> bool:
        """Change the body in an attribute, whatever form it has there; whether anything did."""
        value = pair.value
        if value.HasField("bytes_value"):
            body, value.bytes_value = value.bytes_value, change(value.bytes_value)
            return body != value.bytes_value
        written = text(attribute([pair], pair.key))
        octets = from_base64(written) if self.is_base64 else None
        body = written.encode() if octets is None else octets
        redacted = change(body)
        if redacted != body:
            _put(value, redacted, in_base64=octets is not None)
        return redacted != body
