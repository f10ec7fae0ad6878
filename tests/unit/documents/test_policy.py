from typing import Any

import pytest

from app.documents.policy import check_policy
from app.errors import MAX_DETAILS
from tests.unit.documents.refusals import refused, text_of, told

HOST = "must be a host such as `api.example.com`, without white space and without `/`"
FULL = {
    "externalHttp": "strict",
    "internalHttp": "allow",
    "externalAllowlist": ["localhost", "internal.svc:8080", "[::1]:80"],
    "allowHosts": [".example.com"],
    "blockHosts": [],
    "defaultOnMiss": "mock",
    "response": {"status": 404, "headers": {"x": ["a", "b"]}, "body": {}, "more": 1},
}

NO_HOST = "must name a host, not a port or a dot alone"


@pytest.mark.parametrize(
    "policy", [{}, FULL, {"response": {}}, *[{key: value} for key, value in FULL.items()][:5]]
)
def test_a_valid_policy_is_given_back(policy: dict[str, Any]) -> None:
    """Whole, empty, or with one member."""
    assert check_policy(text_of(policy)) == policy


def test_an_unknown_key_is_refused_at_the_key() -> None:
    """A policy that does less than its author thinks is worse than an error."""
    error = refused(check_policy, {"externalHTTP": "strict"})
    assert (error.name, [detail.path for detail in error.details]) == (
        "invalid_body",
        ["/externalHTTP"],
    )
    assert error.details[0].message.startswith("unknown key; known here: `externalHttp`, ")


@pytest.mark.parametrize(
    ("key", "value", "place", "message"),
    [
        ("externalHttp", "deny", "/externalHttp", 'expected one of "strict", "allow"'),
        ("internalHttp", None, "/internalHttp", 'expected one of "strict", "allow"'),
        (
            "defaultOnMiss",
            "fail",
            "/defaultOnMiss",
            'expected one of "error", "passthrough", "mock"',
        ),
        ("externalAllowlist", "a", "/externalAllowlist", "must be an array"),
        ("allowHosts", [7], "/allowHosts/0", "must be a string"),
        ("allowHosts", ["a", ""], "/allowHosts/1", "must not be empty"),
        ("blockHosts", ["http://a"], "/blockHosts/0", HOST),
        ("blockHosts", ["a b"], "/blockHosts/0", HOST),
        ("blockHosts", ["a", "."], "/blockHosts/1", NO_HOST),
        ("allowHosts", [":80"], "/allowHosts/0", NO_HOST),
        ("externalAllowlist", [".:80"], "/externalAllowlist/0", NO_HOST),
        ("externalAllowlist", ["..:"], "/externalAllowlist/0", NO_HOST),
        (
            "blockHosts",
            ["*.a"],
            "/blockHosts/0",
            "an entry already covers its subdomains: name the host without `*`",
        ),
        ("response", [], "/response", "must be an object"),
        ("response", {"status": 99}, "/response/status", "must be 200 or more"),
    ],
)
def test_a_bad_value_is_refused_at_its_place(
    key: str, value: object, place: str, message: str
) -> None:
    """In a sentence that says what was expected there."""
    assert told(check_policy, {key: value}) == {place: message}


def test_a_policy_that_mocks_needs_a_response() -> None:
    """There would be nothing to answer with."""
    assert told(check_policy, {"defaultOnMiss": "mock"}) == {"": "needs the key `response`"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (rb'{"allowHosts":["\ud83d"]}', "/allowHosts/0"),
        (b'{"externalHttp":"strict","externalHttp":"allow"}', "/externalHttp"),
    ],
)
def test_half_an_emoji_and_a_key_that_stands_twice_are_invalid_body(
    body: bytes, place: str
) -> None:
    """With a pointer, as any bad value."""
    error = refused(check_policy, body)
    assert (error.name, [detail.path for detail in error.details]) == ("invalid_body", [place])


def test_a_host_list_of_any_length_is_checked_to_its_end() -> None:
    """Also where it is too long to have all its violations made at once."""
    hosts = ["a.example"] * 30_000
    places = list(told(check_policy, {"blockHosts": [*hosts, "/"], "allowHosts": ["/"], "x": 1}))
    assert places == ["/blockHosts/30000", "/allowHosts/0", "/x"]
    assert len(told(check_policy, {"allowHosts": ["/"] * 30_000})) == MAX_DETAILS
