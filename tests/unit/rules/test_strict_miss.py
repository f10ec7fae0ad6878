import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hop.answer import Answer
from app.hop.fingerprint import fingerprint
from app.hop.model import Hop
from app.rules.decision import Blocked, Fall, Fallen, Layer, RuleRef
from app.rules.policy import Policy
from app.rules.strict_miss import missed, strict_miss

HOP = Hop(
    session_id="sess_1",
    method="post",
    authority="[2001:DB8::1]:8443",
    target="/v1/a%2fb?token=secret&flag",
    body=b'{"t":"\\ud83d"}',
)
REPLAY = RuleRef(Layer.CASE, 3)


def _answer(hop: Hop = HOP, *fallen: Fallen, nearest: str = "", has_case: bool = False) -> Answer:
    blocked = Blocked("externalHttp: strict", fingerprint(hop), nearest)
    return strict_miss(hop, blocked, fallen, has_case=has_case).answer


def _message(*fallen: Fallen, **more: Any) -> str:
    message: str = json.loads(_answer(HOP, *fallen, **more).body)["message"]
    return message


def test_a_strict_miss_says_what_was_asked_in_normal_form() -> None:
    """Method in upper case, host without port but with brackets, path without query."""
    answer = _answer()
    assert (answer.status, dict(answer.headers)) == (
        599,
        {"content-type": ("application/json",), "x-softprobe-strict-miss": ("1",)},
    )
    body = json.loads(answer.body)
    message = body.pop("message")
    hop = {"method": "POST", "host": "[2001:db8::1]", "path": "/v1/a%2Fb"}
    assert body == {
        "error": "strict_miss",
        "sessionId": "sess_1",
        "requestFingerprint": fingerprint(HOP),
        **hop,
    }
    assert missed(HOP) == hop
    assert message.startswith("no rule answers POST [2001:db8::1]/v1/a%2Fb and the policy's ")


@pytest.mark.parametrize(
    ("policy", "direction", "member"),
    [
        ({"internalHttp": "strict"}, "inbound", "internalHttp: strict"),
        ({"externalHttp": "strict", "defaultOnMiss": "error"}, "outbound", "externalHttp: strict"),
        ({"externalHttp": "strict", "blockHosts": ["::1"]}, "outbound", "blockHosts"),
        ({"defaultOnMiss": "error"}, "", "defaultOnMiss: error"),
    ],
)
def test_the_message_names_the_member_of_the_policy_that_blocks(
    policy: dict[str, Any], direction: str, member: str
) -> None:
    """The first that does, in the order in which they count."""
    hop = Hop(direction=direction, authority="[::1]")
    blocked = Policy.compile(policy).decide(hop)
    assert isinstance(blocked, Blocked)
    message = json.loads(strict_miss(hop, blocked).answer.body)["message"]
    assert f" and the policy's `{member}` blocks it: " in message


@pytest.mark.parametrize(
    ("fall", "has_case", "words"),
    [
        (
            Fall.NO_RECORDING,
            False,
            "the rule at `/rules/3` of the case replays, but no case is loaded: load one",
        ),
        (
            Fall.NO_RECORDING,
            True,
            (
                "the rule at `/rules/3` of the case replays, but no recording of the case agrees "
                "with POST [2001:db8::1]/v1/a%2Fb?token=…&flag=… and its body: what may differ "
                "belongs in the rule's `ignore`"
            ),
        ),
        (
            Fall.SPENT,
            True,
            (
                "the rule at `/rules/3` of the case matches, but another hop has had its "
                "`consume: once`"
            ),
        ),
    ],
)
def test_the_message_says_what_became_of_the_strongest_rule_that_matches(
    fall: Fall, has_case: bool, words: str
) -> None:
    """That is nearer than any that does not."""
    weaker = Fallen(RuleRef(Layer.SESSION, 0, "weak"), Fall.SPENT)
    told = _message(Fallen(REPLAY, fall), weaker, nearest="the nearest", has_case=has_case)
    assert told.partition("blocks it: ")[2] == words


def test_the_message_says_that_no_rule_replays_the_loaded_case() -> None:
    """The commonest slip, then which rule comes nearest."""
    told = _message(nearest="the nearest is x", has_case=True).partition("blocks it: ")[2]
    assert told.startswith("a case is loaded, but no `replay` rule matches; the nearest is x; post")


def test_the_message_says_what_to_do_and_never_shows_query_or_body() -> None:
    """It stands in logs of apps and tests."""
    assert "`mock`" in _message()
    assert "`passthrough`" in _message()
    for fallen in ([], [Fallen(REPLAY, Fall.NO_RECORDING)]):
        assert "secret" not in _answer(HOP, *fallen, has_case=True).body.decode()


def test_a_blocked_head_is_answered_without_a_body() -> None:
    """The header still marks it as a strict miss."""
    answer = _answer(Hop(method="HEAD"))
    assert answer.body == b""
    assert ("x-softprobe-strict-miss", ("1",)) in answer.headers


_texts = st.text(alphabet=st.characters(exclude_categories=())) | st.just("\ud83d")


@given(_texts, _texts, _texts, st.binary())
def test_every_hop_can_be_blocked(method: str, host: str, target: str, body: bytes) -> None:
    """The answer is JSON in UTF-8 whatever the hop holds."""
    hop = Hop(session_id=host, method=method, authority=host, target=target, body=body)
    said = json.loads(_answer(hop, Fallen(REPLAY, Fall.NO_RECORDING), has_case=True).body or b"{}")
    assert said.get("sessionId", host) == host
