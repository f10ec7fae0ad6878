"""Headers: those that a span's attributes tell, in both spellings of their prefix."""

from collections.abc import Iterator, Mapping

from app.hop.lazy import lazy_property
from app.otlp.attributes import Attributes, Plain, text

Headers = Mapping[str, tuple[str, ...]]


def header_values(value: Plain) -> tuple[str, ...]:
    """The values of one header: those of a list each for itself."""
    if isinstance(value, list):
        return tuple(text(item) for item in value)
    return () if value is None else (text(value),)


def read_headers(attributes: Attributes, prefix: str) -> dict[str, tuple[str, ...]]:
    """The headers whose attributes begin with a prefix: lower-case names, values in order."""
    headers: dict[str, list[str]] = {}
    for key, value in attributes.items():
        if key.startswith(prefix) and (values := header_values(value)):
            name = key.removeprefix(prefix).lower()
            headers.setdefault(name, []).extend(values)
    return {name: tuple(values) for name, values in headers.items()}


def first_header(headers: Headers, *names: str) -> str:
    """The first value of the first of the named headers that is there and not empty."""
    return next((values[0] for name in names if (values := headers.get(name)) and values[0]), "")


class LazyHeaders(Mapping[str, tuple[str, ...]]):
    """The headers of some attributes, read when somebody asks: many rules ask for none.

    prefix, plural: how the attributes are named; where both name a header the prefix counts.
    """

    def __init__(self, attributes: Attributes, prefix: str, plural: str) -> None:
        self._attributes = attributes
        self._prefix = prefix
        self._plural = plural

    def __reduce__(self) -> tuple[type[dict[str, tuple[str, ...]]], tuple[object]]:
        # What goes to another process goes as what it says.
        return dict, (dict(self._read),)

    @lazy_property
    def _read(self) -> dict[str, tuple[str, ...]]:
        plural = read_headers(self._attributes, self._plural)
        return plural | read_headers(self._attributes, self._prefix)

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
