from typing import Any

import pytest

from app.hop.model import Hop
from app.rules.predicates import predicates_of

HOP = Hop(
    direction="outbound",
    service="api",
    method="post",
    authority="API.Stripe.com:443",
    target="/v1/a%2fb?x=1",
)


def _matches(key: str, wanted: Any, hop: Hop = HOP) -> bool:
    (predicate,) = predicates_of({key: wanted})
    return predicate.matches(hop)


@pytest.mark.parametrize(
    ("key", "wanted", "other"),
    [
        ("direction", "outbound", "inbound"),
        ("service", "api", "API"),
        ("host", "api.stripe.com", "stripe.com"),
        ("host", "api.stripe.com:443", "api.stripe.com:80"),
        ("hostSuffix", "stripe.com", "stripe.co"),
        ("hostSuffix", ".STRIPE.com:443", ".stripe.com:80"),
        ("notHostSuffix", ["a.com", "b.com"], ["a.com", "stripe.com"]),
        ("notHostSuffix", ["stripe.com:80"], ["stripe.com:443"]),
        ("notHostSuffix", [], ["com"]),
        ("method", "POST", "GET"),
        ("method", "Post", "POS"),
        ("path", "/v1/a%2Fb", "/v1/a/b"),
        ("path", "/%761/a%2fb", "/v1/a%2fb?x=1"),
        ("pathPrefix", "/v1/a%2F", "/v1/a/"),
        ("pathPrefix", "", "v1"),
        ("pathPrefix", "/v1/a%2", "/v1/a%3"),
    ],
)
def test_a_predicate_holds_for_what_is_wanted_and_nothing_else(
    key: str, wanted: Any, other: Any
) -> None:
    """Compared in normal form."""
    assert _matches(key, wanted)
    assert not _matches(key, other)


@pytest.mark.parametrize("direction", ["", "Outbound", "sideways"])
def test_a_hop_without_a_known_direction_matches_neither(direction: str) -> None:
    """However strict the policy is with it."""
    hop = Hop(direction=direction)
    assert not _matches("direction", "inbound", hop)
    assert not _matches("direction", "outbound", hop)


def test_a_hop_without_a_host_ends_with_no_suffix() -> None:
    """So what is not meant for a suffix is meant for it."""
    assert not _matches("hostSuffix", "com", Hop())
    assert _matches("notHostSuffix", ["com"], Hop())


@pytest.mark.parametrize(
    ("key", "wanted", "words"),
    [
        ("direction", "inbound", "direction: expected `inbound`, saw `outbound`"),
        ("service", "web", "service: expected `web`, saw `api`"),
        ("host", "B.com.:80", "host: expected `b.com:80`, saw `api.stripe.com:443`"),
        (
            "hostSuffix",
            "b.com",
            "hostSuffix: expected a host that ends with `b.com`, saw `api.stripe.com:443`",
        ),
        (
            "notHostSuffix",
            ["com"],
            "notHostSuffix: expected a host that ends with none of `com`, saw `api.stripe.com:443`",
        ),
        ("method", "get", "method: expected `GET`, saw `post`"),
        ("path", "/%7Ea", "path: expected `/~a`, saw `/v1/a%2Fb`"),
        ("pathPrefix", "/b", "pathPrefix: expected a path that starts with `/b`, saw `/v1/a%2Fb`"),
    ],
)
def test_a_predicate_says_what_it_expected_and_what_it_saw(
    key: str, wanted: Any, words: str
) -> None:
    """In normal form, as it was compared."""
    (predicate,) = predicates_of({key: wanted})
    assert predicate.explain(HOP) == words


@pytest.mark.parametrize(("key", "wanted"), [("service", "web"), ("host", "a"), ("method", "GET")])
def test_what_a_hop_lacks_is_said_to_be_none(key: str, wanted: str) -> None:
    """And nothing is seen in quotes."""
    (predicate,) = predicates_of({key: wanted})
    assert str(predicate.explain(Hop())).endswith("saw none")
