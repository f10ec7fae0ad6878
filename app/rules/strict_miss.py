"""A strict miss: what a blocked hop is answered with, so that the test's author sees why."""

from app.hop.answer import Answer
from app.hop.fingerprint import fingerprint
from app.hop.model import Hop
from app.rules.decision import Blocked
from app.rules.response import answer_of

STATUS = 599


def _message(hop: Hop) -> str:
    request = f"{hop.method.upper()} {hop.host.name}{hop.path}".strip()
    return (
        f"no rule answers {request} and the policy blocks it: post a `mock` or `passthrough` rule "
        "that matches it, or a policy that lets it through"
    )


def strict_miss(hop: Hop) -> Answer:
    """The answer of a strict miss to a hop, as the contract words it."""
    body = {
        "error": "strict_miss",
        "message": _message(hop),
        "sessionId": hop.session_id,
        "requestFingerprint": fingerprint(hop),
        "method": hop.method.upper(),
        "host": hop.host.name,
        "path": hop.path,
    }
    headers = {"x-softprobe-strict-miss": "1"}
    return answer_of({"status": STATUS, "headers": headers, "body": body}).to(hop.method)


def blocked(hop: Hop) -> Blocked:
    """The decision that blocks a hop."""
    return Blocked(strict_miss(hop), hop.method.upper(), hop.host.name, hop.path)
