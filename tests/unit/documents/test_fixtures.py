import json
from typing import Any

import pytest

from app.documents.fixtures import check_fixtures
from tests.unit.documents.refusals import refused, text_of, told

SECRET = "s3cr3t"
OTHER_FORM = "does not go with `fixtures`: send one form or the other"


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ({"fixtures": []}, 0),
        ({"fixtures": [{"name": "a", "value": "1"}, {"name": "a", "value": "", "more": 1}]}, 2),
        ({"tokens": ["a", "b"]}, 2),
        ({"cookies": [{"name": "a", "value": "1", "domain": "x", "path": "/"}]}, 1),
        ({"metadata": {"a": {"b": [1, 2]}, "c": None}}, 2),
        ({"tokens": ["a"], "cookies": [{"name": "a", "value": "1"}], "metadata": {"a": 1}}, 3),
    ],
)
def test_fixtures_are_counted_whichever_form_they_have(
    document: dict[str, Any], count: int
) -> None:
    """The fixtures, or the tokens, cookies and metadata entries together."""
    fixtures = check_fixtures(text_of(document))
    assert (fixtures.count, fixtures.document) == (count, document)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, {"": "needs the key `fixtures`, or one of `tokens`, `cookies` and `metadata`"}),
        ({"fixtures": {}}, {"/fixtures": "must be an array"}),
        ({"fixtures": [SECRET]}, {"/fixtures/0": "must be an object"}),
        ({"fixtures": [{"name": "a"}]}, {"/fixtures/0": "needs the key `value`"}),
        ({"fixtures": [{"name": "a", "value": 7}]}, {"/fixtures/0/value": "must be a string"}),
        ({"tokens": [[SECRET]]}, {"/tokens/0": "must be a string"}),
        ({"cookies": [{"value": SECRET}]}, {"/cookies/0": "needs the key `name`"}),
        (
            {"cookies": [{"name": "a", "value": SECRET, "path": 1}]},
            {"/cookies/0/path": "must be a string"},
        ),
        ({"metadata": [SECRET]}, {"/metadata": "must be an object"}),
        ({"fixtures": [], "tokens": [SECRET]}, {"/tokens": f"`tokens` {OTHER_FORM}"}),
        (
            {"tokens": [], "token": SECRET},
            {"/token": "unknown key; known here: `fixtures`, `tokens`, `cookies`, `metadata`"},
        ),
    ],
)
def test_bad_fixtures_are_invalid_body_at_their_place(
    document: dict[str, Any], expected: dict[str, str]
) -> None:
    """In a sentence that says what was expected there."""
    assert refused(check_fixtures, document).name == "invalid_body"
    assert told(check_fixtures, document) == expected


@pytest.mark.parametrize(
    "body",
    [
        text_of({"fixtures": [{"name": SECRET, "value": {"x": SECRET}}]}),
        text_of({"fixtures": SECRET, "tokens": SECRET, "cookies": SECRET, "metadata": SECRET}),
        text_of({"tokens": [{SECRET: SECRET}], "cookies": [{"name": [SECRET], "expires": SECRET}]}),
        text_of({"fixtures": [{"name": "a", "value": SECRET + "\ud83d"}]}),
        b'{"fixtures":[{"name":"a","value":"s3cr3t","value":"s3cr3t"}]}',
        b'{"tokens":["s3cr3t"]',
        b'{"tokens":["s3cr3t\xff"]}',
        b'{"tokens":[s3cr3t]}',
        b'["s3cr3t"]',
        b'"s3cr3t"',
    ],
)
def test_no_value_is_in_the_error_whatever_is_wrong(body: bytes) -> None:
    """Nor in its representation, which may end in a log."""
    error = refused(check_fixtures, body)
    assert error.name == "invalid_body"
    assert SECRET not in json.dumps(error.envelope()) + repr(error)


def test_fixtures_are_not_shown_by_their_representation() -> None:
    """They may end in a traceback."""
    assert SECRET not in repr(check_fixtures(text_of({"tokens": [SECRET]})))


def test_half_an_emoji_is_refused_at_its_place() -> None:
    """It has no UTF-8 form to be stored in."""
    body = rb'{"fixtures":[{"name":"a","value":"\ud83d"}]}'
    assert list(told(check_fixtures, body)) == ["/fixtures/0/value"]
