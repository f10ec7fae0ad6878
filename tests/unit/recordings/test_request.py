"""Requests and their keys: equal for equal requests, but for what is ignored."""

import pytest

from app.hop.ignore import Ignore
from app.hop.model import Hop
from app.recordings.request import KEY_BYTES, Line, Request, ignore_id

EVERYTHING = Ignore()


def key(hop: Hop, ignore: Ignore = EVERYTHING, ignored: str = "id") -> bytes:
    """The key of a hop's request."""
    request = Request.of(hop, ignore)
    assert request
    return request.key(ignored)


def hop(**more: str | bytes) -> Hop:
    """A hop."""
    base = {"direction": "outbound", "method": "GET", "authority": "h:1", "target": "/p?a=1&b=2"}
    return Hop(**(base | more))  # type: ignore[arg-type]


def test_keys_are_equal_for_other_spellings_of_a_request() -> None:
    """Method, host, path, query and body are in their normal forms; the port stands apart."""
    one = hop(body=b'{"x":1.0,"y":2}')
    other = hop(method="get", authority="H.:2", target="/%70?b=%32&a=1", body=b' {"y":2, "x":1}')
    assert key(one) == key(other)
    assert len(key(one)) == KEY_BYTES


@pytest.mark.parametrize(
    "more",
    [
        {"direction": "inbound"},
        {"method": "POST"},
        {"authority": "g"},
        {"target": "/q?a=1&b=2"},
        {"target": "/p?a=1"},
        {"body": b"{}"},
    ],
)
def test_keys_are_different_for_another_request(more: dict[str, str | bytes]) -> None:
    """Every part counts."""
    assert key(hop(**more)) != key(hop())


def test_keys_of_other_ignores_never_meet() -> None:
    """Though nothing of this request is ignored."""
    assert key(hop(), ignored="1") != key(hop(), ignored="2")
    assert Line.of(hop()).key("1") != Line.of(hop()).key("2")


@pytest.mark.parametrize(
    ("ignore", "one", "other"),
    [
        (Ignore(query=("a",)), {"target": "/p?a=1"}, {"target": "/p?a=2&a=3"}),
        (Ignore(body=True), {"body": b"{}"}, {"body": b"text"}),
        (Ignore(body_paths=("$.x",)), {"body": b'{"x":1}'}, {"body": b"{}"}),
        (Ignore(body_paths=("$[0]", "$[1]")), {"body": b"[1,2,3]"}, {"body": b"[3,4,3]"}),
        (Ignore(body_paths=("$",)), {"body": b"[1,2,3]"}, {"body": b"null"}),
    ],
)
def test_what_is_ignored_does_not_count(
    ignore: Ignore, one: dict[str, str | bytes], other: dict[str, str | bytes]
) -> None:
    """On either side."""
    assert key(hop(**one), ignore) == key(hop(**other), ignore)
    assert key(hop(**one)) != key(hop(**other))


def test_ids_of_ignores_do_not_depend_on_spelling() -> None:
    """Neither order nor repetition changes what is ignored."""
    one = Ignore(("a", "b"), ("$.x", "$.y"))
    other = Ignore(("b", "a", "a"), ("$.y", "$.x"))
    assert ignore_id(one) == ignore_id(other)
    assert ignore_id(one) != ignore_id(Ignore(("a",), ("$.x", "$.y")))
    assert ignore_id(EVERYTHING) != ignore_id(Ignore(body=True))


def test_a_path_that_is_too_much_work_leaves_no_request() -> None:
    """Nothing agrees with such a hop, and no time is lost on it."""
    body = b"[" * 190 + b"0," * 20_000 + b"0" + b"]" * 190
    paths = ("$" + "..[?@..a]" * 3,)
    assert Request.of(hop(body=body), Ignore(body_paths=paths)) is None


def test_a_direction_that_is_none_is_unknown() -> None:
    """As a missing one."""
    assert Line.of(hop(direction="sideways")) == Line.of(hop(direction=""))
