"""Shapes: where a recording is redacted, and hops redacted in the same places."""

import json
from dataclasses import replace

import pytest

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.request import Request
from app.recordings.shape import Shape, read_shapes, write_shapes

EVERYTHING = Ignore()


def request(target: str = "/p", body: bytes = b"") -> Request:
    """The request of a hop."""
    found = Request.of(Hop(method="POST", target=target, body=body), EVERYTHING)
    assert found
    return found


def shape(target: str = "/p", body: bytes = b"") -> Shape:
    """The shape of a redacted request."""
    found = Shape.of(request(target, body))
    assert found
    return found


SHAPES = (
    shape("/p?a=[redacted]&a=1&b=[redacted]"),
    shape(body=b'{"a":{"b":"[redacted]"},"c":["[redacted]"]}'),
    shape(body=b"a=1&b=%5Bredacted%5D"),
    shape(body=b"[redacted]"),
)


def test_a_request_in_which_nothing_is_redacted_has_no_shape() -> None:
    """Not even where it speaks of redaction."""
    for body in (b"", b'{"redacted":"[redacted] x"}', b"a=redacted", b'{"a":"\\u005b"}', b"50%"):
        assert Shape.of(request("/p?a=redacted", body)) is None


def test_shapes_survive_the_store() -> None:
    """Each is kept once."""
    read = read_shapes(write_shapes([*SHAPES, *SHAPES]))
    assert len(read) == len(SHAPES)
    assert set(read) == set(SHAPES)


def test_a_redacted_request_is_its_own_redacted_form() -> None:
    """Whatever the spelling of the mark."""
    escaped = request("/p?t=%5Bredacted%5D", b'{"a":"\\u005bredacted]"}')
    plain = request("/p?t=[redacted]", b'{"a":"[redacted]"}')
    found = Shape.of(escaped)
    assert found
    assert found == Shape.of(plain)
    redacted = (found.redacted(escaped), found.redacted(plain))
    assert len({one.key("id") for one in redacted if one}) == 1
    assert None not in redacted


@pytest.mark.parametrize(
    ("target", "right"),
    [
        ("/p?a=1&a=7&b=8", True),
        ("/p?b=&a=7&a=1", True),
        ("/p?a=1&a=1&b=8", True),
        ("/p?a=7&a=8&b=8", False),
        ("/p?a=1&b=8", False),
        ("/p?a=1&a=7", False),
        ("/p?a=1&a=7&b=8&b=9", False),
    ],
)
def test_of_a_parameter_that_is_redacted_once_the_other_values_count(
    target: str, right: bool
) -> None:
    """As a multiset: the redacted one stands for any that is left."""
    recorded = request("/p?a=[redacted]&a=1&b=[redacted]")
    redacted = SHAPES[0].redacted(request(target))
    assert (redacted is not None and redacted.query == recorded.query) is right


def test_hops_that_lack_the_places_have_no_redacted_form() -> None:
    """No JSON, no such field, no body at all."""
    _, in_json, in_form, whole = SHAPES
    assert in_json.redacted(request(body=b"text")) is None
    assert in_form.redacted(request(body=b"a=1")) is None
    assert whole.redacted(request()) is None


def test_items_of_arrays_share_a_shape_whatever_their_number() -> None:
    """So that recordings of many lengths cost a hop no more than one."""
    bodies = [json.dumps({"items": [{"s": "[redacted]"}] * count}) for count in range(1, 50)]
    assert len({shape(body=body.encode()) for body in bodies}) == 1


class Name(str):
    """A parameter's name that counts how often it is compared."""

    compared = 0
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)

    def __lt__(self, other: str) -> bool:
        Name.compared += 1
        return str.__lt__(self, other)

    __hash__ = str.__hash__


def compared(size: int) -> int:
    """How many comparisons of names a query of so many redacted parameters takes in all."""
    query = tuple((Name(f"k{at:06}"), "[redacted]") for at in range(size))
    asked = replace(request(), query=query)
    Name.compared = 0
    found = Shape.of(asked)
    assert found
    assert found.redacted(asked) == asked
    return Name.compared


def test_thousands_of_redacted_parameters_take_little_more_than_linear_work() -> None:
    """Each name is looked for once, and quickly."""
    assert compared(4000) < 2.5 * compared(2000)
