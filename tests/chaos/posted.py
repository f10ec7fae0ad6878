"""The documents that the load posts: each bears a tag in all of its answers."""

from typing import Any

from tests.api import replay
from tests.api.otlp import hop, mock
from tests.chaos.handouts import RECORDINGS
from tests.chaos.history import Kind

PATHS = ("/rules", "/once", "/case", "/case-once", "/poll", "/policy")


def _once(path: str, body: str) -> dict[str, object]:
    return mock({"path": path}, body=body) | {"consume": "once"}


def _rules(tag: str) -> dict[str, Any]:
    return {
        "rules": [
            mock({"path": "/rules"}, body=f"rules:{tag}"),
            _once("/once", f"once:{tag}"),
            {"when": {"path": "/poll"}, "then": {"action": "replay"}},
        ]
    }


def _policy(tag: str) -> dict[str, Any]:
    return {"defaultOnMiss": "mock", "response": {"body": f"policy:{tag}"}}


def _case(tag: str) -> dict[str, Any]:
    poll = hop(path="/poll")
    hops = [replay.recorded(poll, f"poll:{tag}:{number}") for number in range(RECORDINGS)]
    own = [mock({"path": "/case"}, body=f"case:{tag}"), _once("/case-once", f"case-once:{tag}")]
    return replay.case(*hops, rules=own)


def _fixtures(tag: str) -> dict[str, Any]:
    return {"tokens": [tag]}


_DOCUMENTS = {
    Kind.RULES: _rules,
    Kind.POLICY: _policy,
    Kind.CASE: _case,
    Kind.FIXTURES: _fixtures,
}


def document(kind: Kind, tag: str) -> dict[str, Any]:
    """A document of a kind."""
    return _DOCUMENTS[kind](tag)
