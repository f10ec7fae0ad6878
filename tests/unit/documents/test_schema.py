import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.catalogue import SCHEMAS
from app.documents.pointer import pointer
from app.documents.schema import Validator
from app.errors import MAX_DETAILS
from tests.unit.documents.reference import places

CHECKED = [
    "rule.schema.json",
    "policy.schema.json",
    "case.schema.json",
    "session-create.request.schema.json",
    "session-fixtures-auth.request.schema.json",
]
VALIDATORS = {name: Validator(name) for name in CHECKED}
KEYS = [
    *("version", "rules", "id", "priority", "consume", "when", "then", "action", "response"),
    *("error", "status", "headers", "body", "bodyEncoding", "host", "headerMatch", "delayMs"),
    *("defaultOnMiss", "blockHosts", "mode", "policy", "caseId", "traces", "resourceSpans"),
    *("attributes", "intValue", "fixtures", "tokens", "name", "value", "", "7", "07", "~7", ":"),
    *(":path", "a b", "a/b", "x\n", "é", "bodyJsonPath", "traceTags", "ignore", "captureOnly"),
    *("query", "bodyPaths", "redactHeaders", "redactBodyPaths", "min", "max"),
]
VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        1,
        1.0,
        200,
        599.5,
        10**20,
        -(2**53),
        "",
        "x",
        "mock",
        "once",
        "many",
        "error",
    ),
    *("replay", "passthrough", "base64", "QQ==", "QQ==\n", "a b", "*.x", "a\r\n", "capture", "200"),
    *("capture_only", {"min": 1, "max": 2}, {"min": 5000}, {"redactHeaders": []}),
    *([], {}, ["x"], [7], {"status": 200}, {"rules": []}, {"action": "mock"}, {"7": 5, "": 6}),
]


def _containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _containers(child)


def _put(container: Any, value: Any, chance: random.Random) -> None:
    if isinstance(container, list):
        container.insert(chance.randint(0, len(container)), value)
    else:
        container[chance.choice(KEYS)] = value


def _replace(container: Any, value: Any, chance: random.Random) -> None:
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    if keys:
        container[chance.choice(keys)] = value


def _drop(container: Any, _value: Any, chance: random.Random) -> None:
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    if keys:
        del container[chance.choice(keys)]


CHANGES: list[Callable[[Any, Any, random.Random], None]] = [_put, _replace, _drop]


def _mutant(name: str, seed: int) -> Any:
    """An example of a schema with one to four changes somewhere in it."""
    chance = random.Random(f"{name} {seed}")
    document = deepcopy(chance.choice(SCHEMAS[name]["examples"]))
    for _ in range(chance.randint(1, 4)):
        container = chance.choice(list(_containers(document)))
        chance.choice(CHANGES)(container, deepcopy(chance.choice(VALUES)), chance)
    return document


def _agree(name: str, document: Any) -> None:
    """Fail unless both implementations find violations at the same places."""
    expected = {pointer(place) for place in places(name, document)}
    found = [path for path, _ in VALIDATORS[name].details(document)]
    assert len(expected) > MAX_DETAILS or set(found) == expected, json.dumps(document)


@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("block", range(4))
def test_the_reference_implementation_finds_violations_at_the_same_places(
    name: str, block: int
) -> None:
    """In examples that were spoilt at random."""
    for seed in range(block * 150, block * 150 + 150):
        _agree(name, _mutant(name, seed))


HEADER_NAMES = st.text(":~+07aé \n/", max_size=3)
HEADERS = st.dictionaries(HEADER_NAMES, st.sampled_from(["x", "a\nb", 5, [], ["\0", 7, "y"]]))


@given(HEADERS)
def test_the_reference_implementation_agrees_on_header_names_and_values(headers: Any) -> None:
    """Names that are empty, that read as indices or that need escapes too."""
    rule = {
        "when": {"headers": headers},
        "then": {"action": "mock", "response": {"headers": headers}},
    }
    _agree("rule.schema.json", {"rules": [rule]})


@pytest.mark.parametrize("name", CHECKED)
def test_violations_are_told_alike_every_time(name: str) -> None:
    """In the same order, by another validator too, and none twice."""
    for seed in range(100):
        document = _mutant(name, seed)
        details = VALIDATORS[name].details(document)
        assert details == Validator(name).details(document)
        assert len(set(details)) == len(details) <= MAX_DETAILS


@pytest.mark.parametrize("name", CHECKED)
def test_no_sentence_shows_what_was_sent(name: str) -> None:
    """A secret may stand anywhere."""
    for seed in range(100):
        document = json.loads(json.dumps(_mutant(name, seed)).replace('"x', '"s3cr3t'))
        assert "s3cr3t" not in str([message for _, message in VALIDATORS[name].details(document)])


def test_a_valid_document_has_no_violations() -> None:
    """Of none of the schemas."""
    for name, validator in VALIDATORS.items():
        for example in SCHEMAS[name]["examples"]:
            assert validator.details(example) == []


def test_of_a_single_very_large_rule_the_first_violation_is_told() -> None:
    """All of them would be made before any could be told; the place may end at an odd key."""
    headers = {f"x-{index}": "1" for index in range(20_000)}
    rule = {"when": {"headers": headers | {"7": 5}}, "then": {"action": "passthrough"}}
    (detail,) = VALIDATORS["rule.schema.json"].details({"rules": [rule]})
    assert detail.path in ("/rules/0/when/headers/7", "/rules/0/when/headers")


def test_violations_of_the_frame_of_a_large_document_come_in_order_too() -> None:
    """Between those of its items."""
    good = {"when": {}, "then": {"action": "passthrough"}}
    document = {"a": 1, "rules": [*[good] * 5_000, {}, good, 7], "version": 2, "b": 1}
    assert [path for path, _ in VALIDATORS["rule.schema.json"].details(document)] == [
        *("/a", "/rules/5000", "/rules/5000", "/rules/5002", "/version", "/b"),
    ]
