import gzip
import json
from typing import Any

import pytest

from app.hop.model import STEPS, Hop
from app.rules.predicates import predicates_of

ORDER = {"amount": 1.0, "tags": ["a", "b"], "id": 7, "on": True, "note": None}
ITEMS = {"items": [{"id": 1, "n": 2}, {"id": "1"}], "empty": []}


def _matches(key: str, wanted: Any, body: Any, **headers: tuple[str, ...]) -> bool:
    (predicate,) = predicates_of({key: wanted})
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    hop = Hop(body=octets, headers={name.replace("_", "-"): headers[name] for name in headers})
    return predicate.matches(hop)


@pytest.mark.parametrize(
    ("path", "body", "selects"),
    [
        ("$", {}, True),
        ("$", None, True),
        ("$.note", ORDER, True),
        ("$.none", ORDER, False),
        ("$.empty[*]", ITEMS, False),
        ("$.items[?@.id == 1]", ITEMS, True),
        ("$.items[?@.id == 2]", ITEMS, False),
        ("$..n", ITEMS, True),
        ("$.items[-1].id", ITEMS, True),
        ("$[0]", ITEMS, False),
    ],
)
def test_a_path_holds_where_it_selects_something(path: str, body: Any, selects: bool) -> None:
    """Null is something, an empty array selects nothing."""
    assert _matches("bodyJsonPath", path, body) is selects


@pytest.mark.parametrize(
    ("literals", "matches"),
    [
        ({"$.amount": 1}, True),
        ({"$.amount": 1.0, "$.id": 7}, True),
        ({"$.amount": 1, "$.id": 8}, False),
        ({"$.amount": "1"}, False),
        ({"$.amount": True}, False),
        ({"$.on": 1}, False),
        ({"$.on": True}, True),
        ({"$.note": None}, True),
        ({"$.none": None}, False),
        ({"$.tags": ["a", "b"]}, True),
        ({"$.tags": ["b", "a"]}, False),
        ({"$.tags[*]": "b"}, True),
        ({"$": ORDER}, True),
        ({"$": {**ORDER, "x": None}}, False),
        ({}, True),
    ],
)
def test_some_selected_value_must_equal_each_literal(
    literals: dict[str, Any], matches: bool
) -> None:
    """Numbers by value; strings, booleans, numbers and null are never equal; arrays are ordered."""
    assert _matches("bodyJsonPathEquals", literals, ORDER) is matches


@pytest.mark.parametrize("number", [b"1", b"1.0", b"1.00", b"1e0", b"10E-1"])
def test_a_number_is_its_value_however_it_is_written(number: bytes) -> None:
    """Exactly: a neighbour that a double cannot tell apart is another one."""
    assert _matches("bodyJsonPathEquals", {"$.amount": 1}, b'{"amount": %s}' % number)
    assert not _matches("bodyJsonPathEquals", {"$": 2**60}, b"%d.0000001" % 2**60)


@pytest.mark.parametrize("body", [b"", b"text", b"{", b'{"a": NaN}', b"\xff", b"[" * 10_000])
@pytest.mark.parametrize(
    ("key", "wanted"), [("bodyJsonPath", "$"), ("bodyJsonPathEquals", {"$": None})]
)
def test_a_body_that_is_not_json_satisfies_no_path(key: str, wanted: Any, body: bytes) -> None:
    """One nested 10,000 deep is none either."""
    assert not _matches(key, wanted, body)


def test_what_a_body_says_counts_and_not_its_content_type_or_coding() -> None:
    """A gzip body is looked into."""
    body = gzip.compress(b'{"a": 1}')
    headers = {"content_type": ("text/plain",), "content_encoding": ("gzip",)}
    assert _matches("bodyJsonPathEquals", {"$.a": 1}, body, **headers)


@pytest.mark.parametrize("path", ["$..*..*..*..*", "$..[?@..*]", "$[?count($..*) > 1e9]"])
def test_a_path_that_takes_too_much_work_selects_nothing(path: str) -> None:
    """On a body made for it, without an error."""
    body: Any = ["x"]
    for _ in range(100):
        body = [body, *([1] * 50)]
    assert not _matches("bodyJsonPathEquals", {path: "no such value"}, body)


def test_all_paths_together_do_no_more_work_than_a_few() -> None:
    """So that a thousand hostile rules hold nobody up; what is cheap costs next to nothing."""
    hop = Hop(body=json.dumps([[1] * 300] * 300).encode())
    (cheap,) = predicates_of({"bodyJsonPath": "$[0]"})
    assert all(cheap.matches(hop) for _ in range(1_000))
    assert hop.steps > STEPS - 10_000
    asked = 0
    while hop.steps:
        (dear,) = predicates_of({"bodyJsonPath": f"$[?count($..*) > {10**9 + asked}]"})
        assert not dear.matches(hop)
        asked += 1
    assert asked < 20
    (other,) = predicates_of({"bodyJsonPath": "$[1]"})
    assert not other.matches(hop)
    assert cheap.matches(hop)


@pytest.mark.parametrize(
    ("key", "wanted", "words"),
    [
        (
            "bodyJsonPath",
            "$.none",
            "bodyJsonPath: expected `$.none` to select something in the JSON body",
        ),
        (
            "bodyJsonPathEquals",
            {"$.id": 7, "$.on": "true"},
            'bodyJsonPathEquals: expected `$.id: 7`, `$.on: "true"`, missed `$.on: "true"`',
        ),
    ],
)
def test_an_explanation_says_what_is_missing_and_no_value_that_came(
    key: str, wanted: Any, words: str
) -> None:
    """A body may hold a secret."""
    (predicate,) = predicates_of({key: wanted})
    assert predicate.explain(Hop(body=json.dumps(ORDER).encode())) == words
