"""A second opinion: the contract's words on rules and policy, as plainly as they can be coded.

It walks all rules for each hop and knows nothing of the code that it judges but the decisions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from app.hop.model import Hop
from app.rules.decision import Layer

Document = Mapping[str, Any]
# What decided: a layer with the rule's index, or None for the policy; and how.
Verdict = tuple[str, tuple[Layer, int] | None]

_PATH = "/:@!$&'()*+,;="


def _host(text: str) -> tuple[str, str]:
    name, _, port = text.lower().partition(":")
    return name.removesuffix("."), port


def _path(path: str) -> str:
    """Good for paths that escape nothing but `/`, letters and what must be escaped."""
    segments = path.replace("%2f", "%2F").split("%2F")
    return "%2F".join(quote(unquote_to_bytes(segment), safe=_PATH) for segment in segments)


def _ports_agree(hop: Hop, wanted: str) -> bool:
    return _host(wanted)[1] in ("", _host(hop.authority)[1])


def _is_host(hop: Hop, wanted: str) -> bool:
    return _host(hop.authority)[0] == _host(wanted)[0] and _ports_agree(hop, wanted)


def _ends_with(hop: Hop, suffix: str) -> bool:
    return _host(hop.authority)[0].endswith(_host(suffix)[0]) and _ports_agree(hop, suffix)


def _is_within(hop: Hop, entry: str) -> bool:
    name, domain = _host(hop.authority)[0], _host(entry)[0].removeprefix(".")
    return (name == domain or name.endswith("." + domain)) and _ports_agree(hop, entry)


def _have(hop: Hop, name: str, wanted: str | Sequence[str]) -> bool:
    values = [value for key in hop.headers if key == name.lower() for value in hop.headers[key]]
    return all(value in values for value in ([wanted] if isinstance(wanted, str) else wanted))


def _holds(key: str, wanted: Any, hop: Hop) -> bool:
    path = _path(hop.target.partition("?")[0])
    holds: Mapping[str, Callable[[], bool]] = {
        "direction": lambda: hop.direction == wanted,
        "service": lambda: hop.service == wanted,
        "host": lambda: _is_host(hop, wanted),
        "hostSuffix": lambda: _ends_with(hop, wanted),
        "notHostSuffix": lambda: not any(_ends_with(hop, suffix) for suffix in wanted),
        "method": lambda: hop.method.lower() == wanted.lower(),
        "path": lambda: path == _path(wanted),
        "pathPrefix": lambda: path.startswith(_path(wanted)),
        "headers": lambda: all(_have(hop, name, values) for name, values in wanted.items()),
    }
    return holds[key]()


def _matches(rule: Document, hop: Hop) -> bool:
    return all(_holds(key, wanted, hop) for key, wanted in rule["when"].items())


def _best(
    layers: Mapping[Layer, Sequence[Document]], hop: Hop, negative: bool
) -> tuple[Layer, int] | None:
    """The strongest matching rule: by priority, then layer, then the later entry."""
    found = [
        (rule.get("priority", 0), layer is Layer.SESSION, index, layer)
        for layer, rules in layers.items()
        for index, rule in enumerate(rules)
        if (rule.get("priority", 0) < 0) is negative and _matches(rule, hop)
    ]
    if not found:
        return None
    _, _, index, layer = max(found)
    return layer, index


def _policy(policy: Document, hop: Hop) -> str:
    if hop.direction == "inbound":
        return "block" if policy.get("internalHttp") == "strict" else "plain miss"
    if any(_is_within(hop, entry) for entry in policy.get("blockHosts", [])):
        return "block"
    allowed = [*policy.get("externalAllowlist", []), *policy.get("allowHosts", [])]
    if any(_is_within(hop, entry) for entry in allowed):
        return "miss"
    if policy.get("externalHttp") == "strict":
        return "block"
    outcomes = {"error": "block", "mock": "hit"}
    return outcomes.get(policy.get("defaultOnMiss", "passthrough"), "plain miss")


def decide(
    session: Sequence[Document], case: Sequence[Document], policy: Document, hop: Hop
) -> Verdict:
    """What becomes of a hop, and what decided that."""
    layers = {Layer.SESSION: session, Layer.CASE: case}
    best = _best(layers, hop, negative=False)
    if best is None:
        outcome = _policy(policy, hop)
        if outcome != "plain miss":
            return outcome, None
        best = _best(layers, hop, negative=True)
    if best is None:
        return "miss", None
    action = layers[best[0]][best[1]]["then"]["action"]
    return ("miss" if action == "passthrough" else "hit"), best
