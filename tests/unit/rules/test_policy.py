from typing import Any

import pytest

from app.hop.answer import Answer
from app.hop.model import Hop
from app.rules.decision import Blocked, Hit, Miss
from app.rules.policy import Policy

MOCK = {"defaultOnMiss": "mock", "response": {"status": 202, "body": "x"}}


def _outcome(policy: dict[str, Any], direction: str, authority: str = "api.example.com") -> str:
    decision = Policy.compile(policy).decide(Hop(direction=direction, authority=authority))
    return type(decision).__name__ if decision else "plain miss"


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ({}, "plain miss"),
        ({"internalHttp": "allow", "externalHttp": "strict"}, "plain miss"),
        ({"internalHttp": "strict"}, "Blocked"),
        ({"internalHttp": "strict", "externalAllowlist": ["api.example.com"]}, "Blocked"),
        ({"defaultOnMiss": "error", "blockHosts": ["api.example.com"]}, "plain miss"),
        (MOCK, "plain miss"),
    ],
)
def test_an_inbound_hop_is_a_matter_of_internal_http_alone(
    policy: dict[str, Any], outcome: str
) -> None:
    """The rest of the policy is about outbound ones."""
    assert _outcome(policy, "inbound") == outcome


@pytest.mark.parametrize("direction", ["outbound", "", "sideways"])
@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ({}, "plain miss"),
        ({"internalHttp": "strict"}, "plain miss"),
        ({"externalHttp": "allow", "defaultOnMiss": "passthrough"}, "plain miss"),
        ({"externalHttp": "strict"}, "Blocked"),
        ({"externalHttp": "strict", **MOCK}, "Blocked"),
        ({"externalHttp": "strict", "defaultOnMiss": "passthrough"}, "Blocked"),
        ({"externalHttp": "strict", "externalAllowlist": ["example.com"]}, "Miss"),
        ({"externalHttp": "strict", "allowHosts": ["example.com"]}, "Miss"),
        ({"externalAllowlist": ["a.com"], "allowHosts": ["example.com"], **MOCK}, "Miss"),
        ({"externalAllowlist": ["example.com"], "defaultOnMiss": "error"}, "Miss"),
        ({"blockHosts": ["example.com"], "externalAllowlist": ["example.com"]}, "Blocked"),
        ({"blockHosts": ["other.com"]}, "plain miss"),
        ({"defaultOnMiss": "error"}, "Blocked"),
        (MOCK, "Hit"),
        ({"externalHttp": "allow", **MOCK}, "Hit"),
    ],
)
def test_an_outbound_hop_meets_block_allow_strict_and_default_in_that_order(
    policy: dict[str, Any], outcome: str, direction: str
) -> None:
    """One whose direction is unknown is treated as outbound."""
    assert _outcome(policy, direction) == outcome


@pytest.mark.parametrize("key", ["blockHosts", "externalAllowlist", "allowHosts"])
@pytest.mark.parametrize(
    ("entry", "authority", "is_meant"),
    [
        ("example.com", "example.com", True),
        ("example.com", "A.B.Example.COM.:443", True),
        (".example.com", "example.com", True),
        ("example.com", "notexample.com", False),
        ("example.com:443", "a.example.com:443", True),
        ("example.com:443", "a.example.com", False),
        ("::1", "[::1]:80", True),
        ("example.com", "", False),
    ],
)
def test_an_entry_means_the_host_and_its_subdomains(
    key: str, entry: str, authority: str, is_meant: bool
) -> None:
    """In every list of hosts."""
    assert (_outcome({key: [entry]}, "outbound", authority) != "plain miss") is is_meant


def test_a_mocking_policy_answers_with_its_response() -> None:
    """In the name of no rule; to `HEAD` without the body."""
    policy = Policy.compile(MOCK)
    assert policy.decide(Hop(method="GET")) == Hit(Answer(202, (), b"x"))
    assert policy.decide(Hop(method="HEAD")) == Hit(Answer(202))


def test_a_response_that_no_default_asks_for_is_not_used() -> None:
    """It may stand there until `defaultOnMiss` is `mock`."""
    assert Policy.compile({"response": {"status": 202}}).decide(Hop()) is None


def test_an_allowance_is_a_miss_and_a_block_a_strict_miss() -> None:
    """Neither in the name of a rule."""
    assert Policy.compile({"allowHosts": ["a"]}).decide(Hop(authority="a")) == Miss()
    blocked = Policy.compile({"blockHosts": ["a"]}).decide(Hop(authority="a"))
    assert isinstance(blocked, Blocked)
    assert blocked.member == "blockHosts"
