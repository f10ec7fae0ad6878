import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_rfc9535 import JSONPathEnvironment

from app.hop.json_value import NOT_JSON, Json, parse_json, same_json
from app.jsonpath.error import JsonPathError
from app.jsonpath.path import MAX_LENGTH, JsonPath


def _read(text: str) -> Json:
    value = parse_json(text.encode())
    assert value is not NOT_JSON
    return value


def _found(path: str, document: str) -> list[tuple[tuple[str | int, ...], Json]]:
    nodes = JsonPath.parse(path).nodes(_read(document))
    return [(node.location, node.value) for node in nodes]


def _values(path: str, document: str) -> list[Json]:
    return [value for _, value in _found(path, document)]


STORE = """
{"store": {
  "book": [
    {"category": "reference", "author": "Nigel Rees",
     "title": "Sayings of the Century", "price": 8.95},
    {"category": "fiction", "author": "Evelyn Waugh",
     "title": "Sword of Honour", "price": 12.99},
    {"category": "fiction", "author": "Herman Melville",
     "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
    {"category": "fiction", "author": "J. R. R. Tolkien",
     "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99}
  ],
  "bicycle": {"color": "red", "price": 399}
}}
"""
AUTHORS = [f"book {number} author" for number in range(4)]


@pytest.mark.parametrize(
    ("path", "locations"),
    [
        ("$.store.book[*].author", AUTHORS),
        ("$..author", AUTHORS),
        ("$.store.*", ["book", "bicycle"]),
        ("$.store..price", [*(f"book {n} price" for n in range(4)), "bicycle price"]),
        ("$..book[2]", ["book 2"]),
        ("$..book[2].author", ["book 2 author"]),
        ("$..book[2].publisher", []),
        ("$..book[-1]", ["book 3"]),
        ("$..book[0,1]", ["book 0", "book 1"]),
        ("$..book[:2]", ["book 0", "book 1"]),
        ("$..book[?@.isbn]", ["book 2", "book 3"]),
        ("$..book[?@.price<10]", ["book 0", "book 2"]),
        ("$..book[?@.price>=12.99 && @.category=='fiction']", ["book 1", "book 3"]),
    ],
)  # fmt: skip
def test_the_bookstore_of_the_rfc(path: str, locations: list[str]) -> None:
    """RFC 9535, table 2."""
    found = [" ".join(map(str, location[1:])) for location, _ in _found(path, STORE)]
    assert found == locations


def test_a_descendant_wildcard_selects_all_below() -> None:
    """RFC 9535, table 2: all member values and array elements, parents before children."""
    assert len(_found("$..*", STORE)) == 27


@pytest.mark.parametrize(
    ("path", "document", "values"),
    [
        ("$", '{"k":"v"}', '[{"k":"v"}]'),
        ("$.o['j j']", '{"o":{"j j":{"k.k":3}},"\'":{"@":2}}', '[{"k.k":3}]'),
        ("$.o['j j']['k.k']", '{"o":{"j j":{"k.k":3}},"\'":{"@":2}}', "[3]"),
        ('$.o["j j"]["k.k"]', '{"o":{"j j":{"k.k":3}},"\'":{"@":2}}', "[3]"),
        ("$[\"'\"][\"@\"]", '{"o":{"j j":{"k.k":3}},"\'":{"@":2}}', "[2]"),
        ("$[*]", '{"o":{"j":1,"k":2},"a":[5,3]}', '[{"j":1,"k":2},[5,3]]'),
        ("$.o[*]", '{"o":{"j":1,"k":2},"a":[5,3]}', "[1,2]"),
        ("$.o[*,*]", '{"o":{"j":1,"k":2},"a":[5,3]}', "[1,2,1,2]"),
        ("$.a[*]", '{"o":{"j":1,"k":2},"a":[5,3]}', "[5,3]"),
        ("$[1]", '["a","b"]', '["b"]'),
        ("$[-2]", '["a","b"]', '["a"]'),
        ("$[2]", '["a","b"]', "[]"),
        ("$[-3]", '["a","b"]', "[]"),
        ("$[1:3]", '["a","b","c","d","e","f","g"]', '["b","c"]'),
        ("$[5:]", '["a","b","c","d","e","f","g"]', '["f","g"]'),
        ("$[1:5:2]", '["a","b","c","d","e","f","g"]', '["b","d"]'),
        ("$[5:1:-2]", '["a","b","c","d","e","f","g"]', '["f","d"]'),
        ("$[::-1]", '["a","b","c","d","e","f","g"]', '["g","f","e","d","c","b","a"]'),
        ("$[::0]", '["a"]', "[]"),
        ("$[0, 3]", '["a","b","c","d","e","f","g"]', '["a","d"]'),
        ("$[0:2, 5]", '["a","b","c","d","e","f","g"]', '["a","b","f"]'),
        ("$[0, 0]", '["a","b","c","d","e","f","g"]', '["a","a"]'),
        ("$..j", '{"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]}', "[1,4]"),
        ("$..[0]", '{"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]}', '[5,{"j":4}]'),
        ("$..o", '{"o":{"j":1,"k":2},"a":[5,3,[{"j":4},{"k":6}]]}', '[{"j":1,"k":2}]'),
        ("$.o..[*, *]", '{"o":{"j":1,"k":2},"a":[]}', "[1,2,1,2]"),
        ("$.a..[0, 1]", '{"a":[5,3,[{"j":4},{"k":6}]]}', '[5,3,{"j":4},{"k":6}]'),
        ("$.a", '{"a":null,"b":[null]}', "[null]"),
        ("$.a[0]", '{"a":null,"b":[null]}', "[]"),
        ("$.b[?@]", '{"a":null,"b":[null]}', "[null]"),
        ("$.b[?@==null]", '{"a":null,"b":[null]}', "[null]"),
        ("$.c[?@.d==null]", '{"c":[{}]}', "[]"),
        ("$.null", '{"null":1}', "[1]"),
    ],
)  # fmt: skip
def test_the_selectors_and_segments_of_the_rfc(path: str, document: str, values: str) -> None:
    """RFC 9535, tables 4 to 10, 13, 15 to 17."""
    assert same_json(_values(path, document), _read(values))


FILTERED = """
{"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
 "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"}
"""


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.a[?@.b == 'kilo']", '[{"b":"kilo"}]'),
        ("$.a[?(@.b == 'kilo')]", '[{"b":"kilo"}]'),
        ("$.a[?@>3.5]", "[5,4,6]"),
        ("$.a[?@.b]", '[{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]'),
        ("$[?@.*]", ('[[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],'
         '{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}]')),
        ("$[?@[?@.b]]", '[[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]]'),
        ("$.o[?@<3, ?@<3]", "[1,2,1,2]"),
        ("$.a[?@<2 || @.b == \"k\"]", '[1,{"b":"k"}]'),
        ("$.a[?match(@.b, \"[jk]\")]", '[{"b":"j"},{"b":"k"}]'),
        ("$.a[?search(@.b, \"[jk]\")]", '[{"b":"j"},{"b":"k"},{"b":"kilo"}]'),
        ("$.o[?@>1 && @<4]", "[2,3]"),
        ("$.o[?@.u || @.x]", '[{"u":6}]'),
        ("$.a[?@.b == $.x]", "[3,5,1,2,4,6]"),
        ("$.a[?@ == @]", '[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]'),
    ],
)  # fmt: skip
def test_the_filters_of_the_rfc(path: str, values: str) -> None:
    """RFC 9535, table 12."""
    assert same_json(_values(path, FILTERED), _read(values))


@pytest.mark.parametrize(
    ("comparison", "holds"),
    [
        ("$.absent1 == $.absent2", True),
        ("$.absent1 <= $.absent2", True),
        ("$.absent == 'g'", False),
        ("$.absent1 != $.absent2", False),
        ("$.absent != 'g'", True),
        ("1 <= 2", True),
        ("1 > 2", False),
        ("13 == '13'", False),
        ("'a' <= 'b'", True),
        ("'a' > 'b'", False),
        ("$.obj == $.arr", False),
        ("$.obj != $.arr", True),
        ("$.obj == $.obj", True),
        ("$.obj != $.obj", False),
        ("$.arr == $.arr", True),
        ("$.arr != $.arr", False),
        ("$.obj == 17", False),
        ("$.obj != 17", True),
        ("$.obj <= $.arr", False),
        ("$.obj < $.arr", False),
        ("$.obj <= $.obj", True),
        ("$.arr <= $.arr", True),
        ("1 <= $.arr", False),
        ("1 >= $.arr", False),
        ("1 > $.arr", False),
        ("1 < $.arr", False),
        ("true <= true", True),
        ("true > true", False),
        ("1 == true", False),
        ("0 == false", False),
        ("0 < true", False),
        ("1 == 1.0", True),
        ("100 == 1e2", True),
        ("-0 == 0", True),
        ("$.tenth == 0.1", True),
        ("$.tenth == 0.1000000000000000055511151231257827", False),
        ("$.huge > 1e999999998", True),
        ("$.huge == 10e999999998", True),
        ("$.mixed == $.booleans", False),
    ],
)
def test_the_comparisons_of_the_rfc(comparison: str, holds: bool) -> None:
    """RFC 9535, table 11, and what it says of numbers and booleans."""
    document = (
        '{"obj":{"x":"y"},"arr":[2,3],"tenth":0.1,"huge":1e999999999,'
        '"mixed":[1,0],"booleans":[true,false]}'
    )
    assert bool(_found(f"$[?{comparison}]", document)) is holds


@pytest.mark.parametrize(
    "path",
    [
        "$.日本",
        "$['☺']",
        r"$['\u263A\ud83d\ude00\'\\\/\b']",
        r'$["\"\uD83D\uDE00"]',
        "$ [ 'a' ] \n [ 0 , 1 : 2 ]",
        "$[1 : 2 : ]",
        "$[?length(@) < 3]",
        "$[?count(@[?@.a,?@.b]) > 1]",
        "$[?match(@.timezone, 'Europe/.*')]",
        "$[?value(@..color) == 'red']",
        "$[? ! ( @.a ) ]",
        "$[?!(!@.a)]",
        "$[?match(@.a, 1)]",
        "$[?@.a == -0.5E+2]",
    ],
)
def test_a_path_of_the_grammar_is_taken(path: str) -> None:
    """White space where the RFC has it, any name, any escape."""
    assert JsonPath.parse(path).text == path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", 1),
        ("a", 1),
        (" $", 1),
        ("$ ", 2),
        ("$.", 3),
        ("$. a", 3),
        ("$.. a", 4),
        ("$[]", 3),
        ("$['a',]", 7),
        ("$[01]", 4),
        ("$[-0]", 3),
        ("$[1:2 3]", 7),
        ("$[9007199254740992]", 3),
        ("$[" + "9" * 9000 + "]", 3),
        ("$['\n']", 4),
        (r"$['\x']", 4),
        (r"$['\ud800']", 4),
        ("$['a", 5),
        ("$[?@.a == -01]", 13),
        ("$[?@.a == 1e" + "9" * 19 + "]", 11),
        ("$[?true]", 4),
        ("$[?@.a && 'b']", 11),
        ("$[?@.a == @.b == @.c]", 15),
        ("$[?(@.a) == 1]", 10),
        ("$[?!!@.a]", 5),
        ("$[?!@.a == 1]", 9),
        ("$[?@.* == 1]", 4),
        ("$[?@..a == 1]", 4),
        ("$[?@['a','b'] == 1]", 4),
        ("$[?length(@.*) < 3]", 11),
        ("$[?count(1) == 1]", 4),
        ("$[?count(@.*)]", 4),
        ("$[?match(@.a, 'b') == true]", 4),
        ("$[?match(@.a)]", 4),
        ("$[?unknown(@.a)]", 4),
        ("$[?length (@.a) > 1]", 4),
        ("$[?match(@.a, '(')]", 15),
        ("$[?match(@.a, '\\\\d')]", 15),
        ("$[?search(@.a, 'a{2000}')]", 16),
        ("$[?" + "(" * 5000, 36),
        ("$[?@.a == \ud83d]", 11),
    ],
)
def test_what_is_no_jsonpath_is_refused_with_the_place(path: str, place: int) -> None:
    """The reason is one clause."""
    with pytest.raises(JsonPathError, match=rf"^at character {place}, expected [^\n]+$"):
        JsonPath.parse(path)


def test_a_path_that_is_too_long_is_refused() -> None:
    """Reading it would hold up others."""
    JsonPath.parse("$" + ".a" * (MAX_LENGTH // 2 - 1))
    with pytest.raises(JsonPathError, match="at most 10000 characters"):
        JsonPath.parse("$" + ".a" * MAX_LENGTH)


def test_nodes_are_found_as_they_are_asked_for() -> None:
    """The first one does not wait for the last."""
    nodes = JsonPath.parse("$[*]").nodes(_read("[1,2]"))
    assert next(nodes).value == 1
    assert next(nodes).location == (1,)
    assert next(nodes, None) is None


def test_the_member_of_a_simple_path_is_known() -> None:
    """Only where the path is a name and nothing more."""
    members = {path: JsonPath.parse(path).member for path in ("$.a", "$['b c']", "$..a", "$.a.b")}
    assert members == {"$.a": "a", "$['b c']": "b c", "$..a": None, "$.a.b": None}
    assert JsonPath.parse("$[0]").member is JsonPath.parse("$").member is None


_names = st.sampled_from(["a", "b", "c"])
_documents = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b", "ab"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=12,
)
_indexes = st.integers(-3, 3)
_slices = st.tuples(*[st.none() | _indexes] * 3).map(
    lambda parts: ":".join("" if part is None else str(part) for part in parts)
)
_singular = st.lists(
    _names.map(lambda name: f".{name}") | _indexes.map(lambda i: f"[{i}]"), max_size=2
).map("".join)
_somewhere = _singular.filter(bool)
_comparable = st.one_of(
    _singular.map(lambda path: f"@{path}"),
    _singular.map(lambda path: f"length(@{path})"),
    _names.map(lambda name: f"count(@..{name})"),
    st.sampled_from(["1", "0", "'a'", "''", "null", "$[0]", "value(@.*)"]),
)
_tests = st.one_of(
    st.tuples(_comparable, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), _comparable).map(
        " ".join
    ),
    # The other evaluator takes a bare `@` for its value's truth.
    _somewhere.map(lambda path: f"@{path}"),
    _somewhere.map(lambda path: f"!@{path}"),
    _singular.map(lambda path: f"match(@{path}, 'a.?')"),
    st.just("@.*"),
)
_conditions = st.lists(_tests, min_size=1, max_size=3).flatmap(
    lambda tests: st.sampled_from([" && ", " || "]).map(lambda operator: operator.join(tests))
)
_selectors = st.one_of(
    _names.map(lambda name: f"'{name}'"),
    _indexes.map(str),
    _slices,
    st.just("*"),
    _conditions.map(lambda condition: f"?{condition}"),
)
_segments = st.tuples(
    st.sampled_from(["", ".."]), st.lists(_selectors, min_size=1, max_size=2).map(", ".join)
).map(lambda parts: f"{parts[0]}[{parts[1]}]")
_paths = st.lists(_segments, max_size=3).map(lambda segments: "$" + "".join(segments))


def _comparable_in_python(value: Any) -> bool:
    """Whether Python's `==`, which takes 1 for True, compares this document rightly."""
    return "true" not in json.dumps(value) and "false" not in json.dumps(value)


@given(_paths, _documents.filter(_comparable_in_python))
def test_it_finds_what_another_evaluator_finds(path: str, document: Any) -> None:
    """In the same order, wherever that evaluator is right."""
    nodes = JsonPath.parse(path).nodes(document)
    expected = JSONPathEnvironment().find(path, document)
    assert [(node.location, node.value) for node in nodes] == [
        (node.location, node.value) for node in expected
    ]


@given(st.text(alphabet="$@.*[]?()'\"\\,:!=<>&|ab10-eu_ "))
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    """It is a path, or it is refused."""
    for path in (text, f"$[?{text}]", f"$['{text}']"):
        try:
            list(JsonPath.parse(path).nodes([{"a": 1}]))
        except JsonPathError:
            continue
