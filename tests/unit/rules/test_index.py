from collections.abc import Callable
from typing import Any

import pytest

from app.hop.model import Hop
from app.rules.decision import Layer
from app.rules.index import FEW, Index
from app.rules.rule import Rule

RULES = 10_000
THEN = {"action": "passthrough"}
TEXT = {"x-tenant": ("t77",), "accept": ("a",), "x-user": ("u7",)}
HOP = Hop(
    direction="outbound",
    service="s77",
    method="GET",
    authority="a.h77.com:8443",
    target="/v1/77/items?x=1",
    headers=TEXT,
    body=b'{"op": "q77", "id": 77, "user": {"id": 7}, "tags": ["t77", 7]}',
    tags={"tenant": "t77", "user": "u7", "n": 1},
)
# Rules that differ in one way or another, all of them for HOP but for what tells them apart.
SHAPES: dict[str, Callable[[int], dict[str, Any]]] = {
    "one path of many on a host": lambda i: {
        "direction": "outbound", "host": "a.h77.com", "method": "GET", "path": f"/v1/{i}/items",
    },
    "one host of many": lambda i: {"host": f"a.h{i}.com"},
    "one host of many with ports": lambda i: {"host": f"a.h{i}.com:8443", "method": "get"},
    "one suffix of many": lambda i: {"hostSuffix": f".h{i}.com"},
    "one prefix of many": lambda i: {"pathPrefix": f"/v1/{i}/"},
    "one service of many": lambda i: {"service": f"s{i}"},
    "one header value of many": lambda i: {
        "host": "a.h77.com", "headers": {"Accept": "a", "X-Tenant": f"t{i}"},
    },
    "one pair of header values of many": lambda i: {
        "headers": {"x-tenant": f"t{i // 100}", "x-user": f"u{i % 100}"},
    },
    "one of many headers": lambda i: {"headers": {f"x-{i}": "1"}},
    "one attribute value of many": lambda i: {"traceTags": {"tenant": f"t{i}"}},
    "one pair of attributes of many": lambda i: {
        "traceTagEquals": {"tenant": f"t{i // 100}", "user": f"u{i % 100}"},
    },
    "one value of many in the body": lambda i: {
        "path": "/v1/77/items", "bodyJsonPathEquals": {"$.op": f"q{i}"},
    },
    "one pair of values of many in the body": lambda i: {
        "bodyJsonPathEquals": {"$.id": i // 100, "$.user.id": i % 100},
    },
    "a few prefixes with many hosts": lambda i: {
        "pathPrefix": "/v1/"[: i % 5], "host": f"a.h{i}.com",
    },
    "a few suffixes with many prefixes": lambda i: {
        "hostSuffix": [".com", "h77.com"][i % 2], "pathPrefix": f"/v1/{i}/",
    },
    "hosts and paths by turns": lambda i: {
        **({"host": f"a.h{i}.com"} if i % 2 else {"path": f"/v1/{i}/items"}), "method": "GET",
    },
}  # fmt: skip


def _index(shape: Callable[[int], dict[str, Any]], count: int) -> Index:
    documents = ({"when": shape(number), "then": THEN} for number in range(count))
    return Index(Rule.compile(each, Layer.SESSION, at) for at, each in enumerate(documents))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_of_10_000_rules_a_hop_tries_a_handful(shape: Callable[[int], dict[str, Any]]) -> None:
    """Among them all that match it."""
    index = _index(shape, RULES)
    candidates = list(index.candidates(HOP))
    assert len(candidates) <= 2 * FEW
    assert [rule for rule in candidates if rule.matches(HOP)] == [
        rule for rule, _ in index.possible(HOP)
    ]


def test_rules_that_nothing_tells_apart_are_tried_in_their_order() -> None:
    """As far as they are asked for: the first that matches ends it."""
    index = _index(lambda number: {"headerMatch": {"x-tenant": f"^t{number}$"}}, 100)
    assert [rule.ref.index for rule in index.candidates(HOP)] == list(range(100))
    assert [rule.ref.index for rule, _ in index.possible(HOP)] == [77]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_hop_of_another_kind_is_looked_up_all_the_same(
    shape: Callable[[int], dict[str, Any]],
) -> None:
    """One without anything to be looked up by finds what has no need of it."""
    assert len(list(_index(shape, 200).candidates(Hop()))) <= 200
    assert list(_index(shape, 200).possible(Hop(body=b"no JSON"))) == []


def test_no_rules_are_no_candidates() -> None:
    """An index may be empty."""
    assert list(Index([]).candidates(HOP)) == []
    assert list(Index([]).possible(HOP)) == []


def test_candidates_of_several_leaves_come_strongest_first() -> None:
    """Whatever they are filed under."""
    whens: list[dict[str, Any]] = [
        {"path": "/v1/77/items"},
        {},
        {"host": "a.h77.com"},
        {"pathPrefix": "/v1"},
        {"headers": {"accept": "a"}},
        {"hostSuffix": "com"},
        {"method": "get"},
    ]
    index = _index(lambda number: whens[number % len(whens)], 70)
    assert [rule.ref.index for rule, _ in index.possible(HOP)] == list(range(70))
