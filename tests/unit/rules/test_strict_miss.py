import json

from hypothesis import given
from hypothesis import strategies as st

from app.hop.fingerprint import fingerprint
from app.hop.model import Hop
from app.rules.strict_miss import blocked, strict_miss

HOP = Hop(
    session_id="sess_1",
    method="post",
    authority="[2001:DB8::1]:8443",
    target="/v1/a%2fb?token=secret",
    body=b'{"t":"\\ud83d"}',
)


def test_a_strict_miss_says_what_was_asked_in_normal_form() -> None:
    """Method in upper case, host without port but with brackets, path without query."""
    answer = strict_miss(HOP)
    assert (answer.status, dict(answer.headers)) == (
        599,
        {"content-type": ("application/json",), "x-softprobe-strict-miss": ("1",)},
    )
    body = json.loads(answer.body)
    message = body.pop("message")
    assert body == {
        "error": "strict_miss",
        "sessionId": "sess_1",
        "requestFingerprint": fingerprint(HOP),
        "method": "POST",
        "host": "[2001:db8::1]",
        "path": "/v1/a%2Fb",
    }
    assert "POST [2001:db8::1]/v1/a%2Fb" in message


def test_the_message_says_what_to_do_and_never_shows_query_or_body() -> None:
    """It stands in logs of apps and tests."""
    message = json.loads(strict_miss(HOP).body)["message"]
    assert "`mock`" in message
    assert "`passthrough`" in message
    assert "secret" not in strict_miss(HOP).body.decode()


def test_a_blocked_hop_is_reported_as_in_its_answer() -> None:
    """For the session's last strict miss."""
    decision = blocked(HOP)
    assert decision.answer == strict_miss(HOP)
    assert (decision.method, decision.host, decision.path) == (
        "POST",
        "[2001:db8::1]",
        "/v1/a%2Fb",
    )


def test_a_blocked_head_is_answered_without_a_body() -> None:
    """The header still marks it as a strict miss."""
    answer = strict_miss(Hop(method="HEAD"))
    assert answer.body == b""
    assert ("x-softprobe-strict-miss", ("1",)) in answer.headers


_texts = st.text(alphabet=st.characters(exclude_categories=())) | st.just("\ud83d")


@given(_texts, _texts, _texts, st.binary())
def test_every_hop_can_be_blocked(method: str, host: str, target: str, body: bytes) -> None:
    """The answer is JSON in UTF-8 whatever the hop holds."""
    hop = Hop(session_id=host, method=method, authority=host, target=target, body=body)
    said = json.loads(strict_miss(hop).body or b"{}")
    assert said.get("sessionId", host) == host
