from typing import Any

import pytest

from app.hop.answer import Answer
from app.rules.response import answer_of

JSON = (("content-type", ("application/json",)),)


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"a": [1, 2.5, None], "b": "\xe9"}, b'{"a":[1,2.5,null],"b":"\xc3\xa9"}'),
        ([], b"[]"),
        ({}, b"{}"),
        (0, b"0"),
        (1.0, b"1.0"),
        (False, b"false"),
    ],
)
def test_a_body_that_is_not_a_string_is_sent_as_compact_json(body: Any, sent: bytes) -> None:
    """With the content type of JSON."""
    assert answer_of({"body": body}) == Answer(200, JSON, sent)


@pytest.mark.parametrize(
    ("body", "sent"), [("h\xe9llo", b"h\xc3\xa9llo"), ('{"a": 1}', b'{"a": 1}')]
)
def test_a_string_is_sent_as_it_is(body: str, sent: bytes) -> None:
    """Without a content type, even where it is JSON."""
    assert answer_of({"body": body}) == Answer(200, (), sent)


@pytest.mark.parametrize("response", [{}, {"body": None}, {"body": ""}])
def test_null_and_missing_are_no_body(response: dict[str, Any]) -> None:
    """And have no content type."""
    assert answer_of(response) == Answer(200)


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
def test_a_content_type_of_ones_own_stays(name: str) -> None:
    """However it is spelt."""
    answer = answer_of({"headers": {name: "application/problem+json"}, "body": {}})
    assert answer.headers == (("content-type", ("application/problem+json",)),)


def test_a_status_may_be_written_as_a_whole_decimal() -> None:
    """To JSON Schema it is an integer; the proxy is told one."""
    assert repr(answer_of({"status": 201.0}).status) == "201"


def test_two_set_cookie_headers_stay_two() -> None:
    """In their order, never split at a date's comma."""
    cookies = ["a=1; Path=/", "b=2; Expires=Wed, 09 Jun 2027 10:18:14 GMT; Path=/"]
    answer = answer_of({"headers": {"Set-Cookie": cookies, "X-One": "1"}})
    assert answer.headers == (("set-cookie", tuple(cookies)), ("x-one", ("1",)))


def test_a_content_length_that_does_not_fit_is_not_handed_out() -> None:
    """The body is whole."""
    answer = answer_of({"headers": {"Content-Length": "5"}, "body": "nine char"})
    assert answer == Answer(200, (), b"nine char")


def test_a_status_that_may_have_no_body_has_none() -> None:
    """Whatever the response says."""
    assert answer_of({"status": 204, "body": "x"}).body == b""
