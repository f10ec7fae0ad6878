from typing import Any

import pytest

from app.hop.model import Hop
from app.rules.decision import Blocked
from app.rules.nearest import MAX_CHARACTERS, MAX_RULES
from app.rules.ruleset import compile_rules

HOP = Hop(
    direction="outbound",
    method="POST",
    authority="api.stripe.com",
    target="/v1/x",
    headers={"authorization": ("Bearer hidden",), "x-plan": ("hidden",)},
    body=b'{"card":"hidden"}',
)


def _nearest(*whens: dict[str, Any], **more: Any) -> str:
    mock = {"action": "mock", "response": {}}
    rules = [{"when": when, "then": mock, **more} for when in whens]
    compiled = compile_rules(rules, [], {"externalHttp": "strict"})
    *_, block = compiled.explained_offers(HOP)
    assert isinstance(block, Blocked)
    return block.nearest


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (
            {"method": "POST", "path": "/v1/payment_intents"},
            "path: expected `/v1/payment_intents`, saw `/v1/x`",
        ),
        (
            {"method": "GET", "pathPrefix": "/v2/"},
            (
                "method: expected `GET`, saw `POST`; "
                "pathPrefix: expected a path that starts with `/v2/`, saw `/v1/x`"
            ),
        ),
        (
            {"path": "/v1/x", "headers": {"X-Plan": "pro"}, "bodyJsonPath": "$.none"},
            "headers: expected `x-plan: pro`, missed `x-plan: pro`",
        ),
        (
            {"headers": {"Authorization": "Bearer wanted"}},
            "headers: expected `authorization: …`, missed `authorization: …`",
        ),
        (
            {"headerMatch": {"Authorization": "wanted"}},
            "headerMatch: expected `authorization ~ …`, missed `authorization ~ …`",
        ),
        (
            {"bodyJsonPathEquals": {"$.card": "4242"}},
            'bodyJsonPathEquals: expected `$.card: "4242"`, missed `$.card: "4242"`',
        ),
    ],
)
def test_the_nearest_rule_is_told_with_what_it_expected_and_what_it_saw(
    when: dict[str, Any], reason: str
) -> None:
    """Nothing of the hop's headers, attributes or body is shown, nor a secret of the rule."""
    assert _nearest(when, id="pay") == f"the nearest is rule `pay` of the session: {reason}"


def test_the_nearest_rule_is_the_one_of_which_least_fails() -> None:
    """Among equals the one of which most holds, then the strongest."""
    far, near = {"host": "a.com", "path": "/a"}, {"host": "api.stripe.com", "path": "/b"}
    assert "`/rules/1`" in _nearest(far, near, {"method": "GET"})
    assert "`/rules/2`" in _nearest(near, far, near)


def test_a_matching_rule_below_the_policy_is_told() -> None:
    """It is not asked where the policy blocks."""
    assert _nearest({}, id="last", priority=-1) == (
        "rule `last` of the session matches, but its negative priority puts it below the policy"
    )


def test_without_rules_none_is_near() -> None:
    """Nor are those below the policy that do not match."""
    assert _nearest() == ""
    assert _nearest({"path": "/a"}, priority=-1) == ""


def test_only_so_many_rules_are_looked_at_and_so_much_is_shown() -> None:
    """However large a session's rules are, a strict miss is answered at once."""
    many = [{"host": f"h{n}.com", "path": "/"} for n in range(MAX_RULES)]
    assert "`/rules/0`" not in _nearest({"path": "/near"}, *many)
    assert len(_nearest({"path": "/" + "a" * 10_000})) < MAX_CHARACTERS + 100
