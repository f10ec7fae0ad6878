import json

import pytest

from app.hop.json_depth import MAX_DEPTH
from app.hop.json_value import NOT_JSON, Json, parse_json
from app.jsonpath.path import JsonPath
from app.jsonpath.work import STEPS, TooMuchWork, Work, steps_for, walk_steps


def _read(text: str) -> Json:
    value = parse_json(text.encode())
    assert value is not NOT_JSON
    return value


NUMBERS = _read(f"[{','.join('1' * 500_000)}]")
OBJECTS = _read("[" + ",".join(['{"a":[{"b":1}]}'] * 60_000) + "]")
DEEPEST = _read("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)
PATTERNS = _read(json.dumps([f"[^a]{{{number % 999}}}x{number}" for number in range(20_000)]))


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("$..*", NUMBERS),
        ("$[?@ > 5]", NUMBERS),
        ("$[?@ == 1 && @ == 2]", NUMBERS),
        ("$..[?count($..*) > 1]", NUMBERS),
        ("$[?$ == $]", NUMBERS),
        ("$[::2]", NUMBERS),
        (f"$[{','.join('*' * 1000)}]", NUMBERS),
        ("$..*..*..*..*", OBJECTS),
        ("$[?@..*..*]", OBJECTS),
        ("$[?@ == $[0]]", OBJECTS),
        ("$[?@.a[?@.b == 2]]", OBJECTS),
        ("$..[" + ",".join(["'x'"] * 1000) + "]", OBJECTS),
        ("$..*..*..*", DEEPEST),
        ("$..[0]..[0]..[0]..[0]", DEEPEST),
        ("$[?search('b', @)]", PATTERNS),
        ("$[?search(@, '[ab]*x[ab]{900}')]", PATTERNS),
    ],
)
def test_a_hostile_path_is_stopped(path: str, document: Json) -> None:
    """Once it has used up its steps, whatever it would have found."""
    work = Work()
    with pytest.raises(TooMuchWork):
        list(JsonPath.parse(path).nodes(document, work))
    assert work.left < 0


@pytest.mark.parametrize("path", ["$..a", "$..[-1]", "$[499999]", "$[0:5]"])
def test_an_ordinary_path_over_a_large_document_is_well_within(path: str) -> None:
    """Values that cannot have children are passed over cheaply."""
    work = Work()
    list(JsonPath.parse(path).nodes(NUMBERS, work))
    assert work.left > STEPS // 2


def test_the_first_node_is_found_whatever_the_others_would_cost() -> None:
    """The work is done as nodes are asked for."""
    assert next(JsonPath.parse("$..*").nodes(NUMBERS)).location == (0,)


def test_the_deepest_document_is_walked_to_its_end() -> None:
    """Without recursion, at a step or two a level."""
    nodes = list(JsonPath.parse("$..[0]").nodes(DEEPEST))
    assert [len(node.location) for node in nodes] == list(range(1, MAX_DEPTH + 1))


def test_several_evaluations_may_share_their_steps() -> None:
    """So that many paths cost no more than one."""
    work = Work(10)
    path = JsonPath.parse("$[0]")
    for _ in range(5):
        list(path.nodes([1], work))
    with pytest.raises(TooMuchWork):
        list(path.nodes([1], work))


@pytest.mark.parametrize("text", ["[" + "[1]," * 99_999 + "[]]", '{"a":{"b":[1,2]}}', "1"])
def test_an_allowance_by_the_body_is_enough_for_a_walk_through_it(text: str) -> None:
    """Without what every evaluation may do beside."""
    work = Work(walk_steps(text.encode()))
    assert list(JsonPath.parse("$..none").nodes(_read(text), work)) == []
    assert steps_for(text.encode()) >= STEPS
