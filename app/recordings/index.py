"""The index of a case's recordings for one `Ignore`: its fields in the store's hash of the case.

| field | holds |
|---|---|
| `r` and a request's key | its recordings; behind ` :` the port, if all name the same one |
| the same and `:` | if they do not all name the same port: those that name none |
| the same, `:` and a port | likewise: those that name this one |
| `o:`, the ignore's id, `:` and a number | a block of recording numbers |
| `s` and a line's key | the shapes of its redacted recordings |
| `i:` and the ignore's id | that the index is complete |

Recordings of one key are `count start name`: a run of the numbers in the blocks, or of a single one
the number itself in the place of `start`. The name is that of their cursor, the same for the same
recordings.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.request import DIRECTIONS, Line, Request, ignore_id
from app.recordings.shape import Shape, write_shapes

Field = tuple[bytes, bytes]

NUMBER_BYTES = 4
BLOCK_NUMBERS = 256
# A recording that does not say its direction agrees with hops of any.
_ANY_DIRECTION = (*DIRECTIONS, "")

_Places = list[tuple[int, int | None]]


def _name(numbers: bytes) -> bytes:
    return blake2b(numbers, digest_size=8).hexdigest().encode()


def _digits(port: int | None) -> bytes:
    return b"" if port is None else b"%d" % port


def _lines(line: Line) -> Iterable[Line]:
    if line.direction:
        return (line,)
    return (line._replace(direction=direction) for direction in _ANY_DIRECTION)


class Index:
    """Finds the recordings that agree with a hop, but for what is ignored."""

    def __init__(self, ignore: Ignore) -> None:
        self._ignore = ignore
        self._id = ignore_id(ignore)
        self._found: dict[bytes, _Places] = defaultdict(list)
        self._shapes: dict[bytes, set[Shape]] = defaultdict(set)
        self._order = bytearray()

    def add(self, number: int, hop: Hop) -> None:
        """Note a recording's hop; the numbers rise."""
        request = Request.of(hop, self._ignore)
        if request is None:
            return
        shape = Shape.of(request)
        if shape is not None:
            request = shape.redacted(request) or request
        for line in _lines(request.line):
            key = request.on(line).key(self._id)
            self._found[key].append((number, hop.host.port))
            if shape is not None:
                self._shapes[line.key(self._id)].add(shape)

    def fields(self) -> Iterator[Field]:
        """All fields, the one that says that they are complete last."""
        for key, places in self._found.items():
            yield from self._fields_of(b"r" + key, places)
        for at in range(0, len(self._order), BLOCK_NUMBERS * NUMBER_BYTES):
            name = f"o:{self._id}:{at // (BLOCK_NUMBERS * NUMBER_BYTES)}"
            yield name.encode(), bytes(self._order[at : at + BLOCK_NUMBERS * NUMBER_BYTES])
        for key, shapes in self._shapes.items():
            yield b"s" + key, write_shapes(shapes)
        yield f"i:{self._id}".encode(), b""

    def _fields_of(self, field: bytes, places: _Places) -> Iterator[Field]:
        by_port: dict[int | None, list[int]] = defaultdict(list)
        for number, port in places:
            by_port[port].append(number)
        run = self._run([number for number, _ in places])
        if len(by_port) == 1:
            [port] = by_port
            yield field, run if port is None else b"%s :%s" % (run, _digits(port))
            return
        yield field, run
        for port, numbers in {None: [], **by_port}.items():
            yield field + b":" + _digits(port), self._run(numbers)

    def _run(self, numbers: list[int]) -> bytes:
        """What a field says of its recordings."""
        if len(numbers) < 2:
            return b"1 %d" % numbers[0] if numbers else b""
        octets = b"".join(number.to_bytes(NUMBER_BYTES, "big") for number in numbers)
        start = len(self._order) // NUMBER_BYTES
        self._order += octets
        return b"%d %d %s" % (len(numbers), start, _name(octets))
