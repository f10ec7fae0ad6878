"""A second opinion: the contract's words on rules and policy, as plainly as they can be coded.

It walks all rules for each hop and knows nothing of the code that it judges but the hops.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

import jsonpath_rfc9535

from app.hop.model import Hop

Document = Mapping[str, Any]
Rules = Sequence[Document]

POLICY_BRANCHES = (
    *("internal strict", "internal miss", "blocked host", "allowed host", "external strict"),
    *("default error", "default mock", "default passthrough"),
)
_BLOCKS = ("internal strict", "blocked host", "external strict", "default error")

_PATH = "/:@!$&'()*+,;="
_NO_JSON = object()


class Verdict(NamedTuple):
    """What becomes of a hop.

    outcome: `hit`, `miss`, `block` or `replay`.
    where: `session` or `case`, and the rule's index there; None where no rule says so.
    what: status and delays of a hit, what is ignored or redacted, or None.
    once: whether the rule is for one hop only.
    """

    outcome: str
    where: tuple[str, int] | None = None
    what: object = None
    once: bool = False


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


def _values(hop: Hop, name: str) -> Sequence[str]:
    return [value for key in hop.headers if key == name.lower() for value in hop.headers[key]]


def _have(hop: Hop, name: str, wanted: str | Sequence[str]) -> bool:
    wanted = [wanted] if isinstance(wanted, str) else wanted
    return all(value in _values(hop, name) for value in wanted)


def _header_matches(hop: Hop, wanted: str | Mapping[str, str]) -> bool:
    if isinstance(wanted, str):
        return bool(_values(hop, wanted))
    return all(
        any(re.search(pattern, value) for value in _values(hop, name))
        for name, pattern in wanted.items()
    )


def _equal(one: Any, other: Any) -> bool:
    """JSON's equality: a type is equal to no other, but all numbers are one type."""

    def kind(value: Any) -> type:
        return (
            Decimal if isinstance(value, int | float) and type(value) is not bool else type(value)
        )

    if kind(one) is not kind(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return bool(Decimal(str(one)) == Decimal(str(other)) if kind(one) is Decimal else one == other)


def _json(hop: Hop) -> Any:
    body = hop.body
    if "gzip" in _values(hop, "content-encoding"):
        body = gzip.decompress(body)
    try:
        return json.loads(body.decode(), parse_float=Decimal)
    except ValueError:
        return _NO_JSON


_compiled = cache(jsonpath_rfc9535.compile)


def _selected(hop: Hop, path: str) -> Iterator[Any]:
    value = _json(hop)
    if value is not _NO_JSON:
        yield from _compiled(path).find(value).values()


def _selects(hop: Hop, path: str, literal: Any) -> bool:
    return any(_equal(value, literal) for value in _selected(hop, path))


def _tagged(hop: Hop, name: str, literal: Any) -> bool:
    return name in hop.tags and _equal(hop.tags[name], literal)


_PREDICATES: Mapping[str, Callable[[Hop, Any], bool]] = {
    "direction": lambda hop, wanted: hop.direction == wanted,
    "service": lambda hop, wanted: hop.service == wanted,
    "host": _is_host,
    "hostSuffix": _ends_with,
    "notHostSuffix": lambda hop, wanted: not any(_ends_with(hop, suffix) for suffix in wanted),
    "method": lambda hop, wanted: hop.method.lower() == wanted.lower(),
    "path": lambda hop, wanted: _path(hop.target.partition("?")[0]) == _path(wanted),
    "pathPrefix": lambda hop, wanted: _path(hop.target.partition("?")[0]).startswith(_path(wanted)),
    "headers": lambda hop, wanted: all(_have(hop, *item) for item in wanted.items()),
    "headerMatch": _header_matches,
    "bodyJsonPath": lambda hop, wanted: any(True for _ in _selected(hop, wanted)),
    "bodyJsonPathEquals": lambda hop, wanted: all(_selects(hop, *item) for item in wanted.items()),
    "traceTags": lambda hop, wanted: all(_tagged(hop, *item) for item in wanted.items()),
    "traceTagEquals": lambda hop, wanted: all(_tagged(hop, *item) for item in wanted.items()),
}


def holds(key: str, wanted: Any, hop: Hop) -> bool:
    """Whether a predicate holds for a hop."""
    return _PREDICATES[key](hop, wanted)


def _delays(then: Document, answer: Document) -> tuple[int, int]:
    delay = then.get("delayMs", answer.get("delayMs", 0))
    return (delay["min"], delay["max"]) if isinstance(delay, dict) else (delay, delay)


def _of_rule(rule: Document, where: tuple[str, int]) -> Verdict:
    then, once = rule["then"], rule.get("consume") == "once"
    action = then["action"]
    if action in ("mock", "error"):
        answer = then["response" if action == "mock" else "error"]
        return Verdict("hit", where, (answer.get("status", 200), *_delays(then, answer)), once)
    if action == "replay":
        return Verdict("replay", where, then.get("ignore", {}), once)
    return Verdict("miss", where, then.get("captureOnly"), once)


def _matching(session: Rules, case: Rules, hop: Hop, negative: bool) -> Iterator[Verdict]:
    """The strongest first: by priority, then layer, then the later entry."""
    found = [
        (rule.get("priority", 0), strength, index)
        for strength, rules in enumerate([case, session])
        for index, rule in enumerate(rules)
        if (rule.get("priority", 0) < 0) is negative
        and all(holds(key, wanted, hop) for key, wanted in rule["when"].items())
    ]
    for _, strength, index in sorted(found, reverse=True):
        yield _of_rule([case, session][strength][index], (["case", "session"][strength], index))


def policy_branch(policy: Document, hop: Hop) -> str:
    """Which clause of the policy decides about a hop, one of `POLICY_BRANCHES`."""
    if hop.direction == "inbound":
        return "internal strict" if policy.get("internalHttp") == "strict" else "internal miss"
    if any(_is_within(hop, entry) for entry in policy.get("blockHosts", [])):
        return "blocked host"
    allowed = [*policy.get("externalAllowlist", []), *policy.get("allowHosts", [])]
    if any(_is_within(hop, entry) for entry in allowed):
        return "allowed host"
    if policy.get("externalHttp") == "strict":
        return "external strict"
    return f"default {policy.get('defaultOnMiss', 'passthrough')}"


def _of_policy(policy: Document, hop: Hop) -> Verdict | None:
    branch = policy_branch(policy, hop)
    if branch in _BLOCKS:
        return Verdict("block")
    if branch == "allowed host":
        return Verdict("miss")
    if branch == "default mock":
        answer = policy["response"]
        return Verdict("hit", None, (answer.get("status", 200), *_delays({}, answer)))
    return None


def offers(session: Rules, case: Rules, policy: Document, hop: Hop) -> list[Verdict]:
    """What becomes of a hop, then what would if the rule behind that were absent, and so on."""
    strong = list(_matching(session, case, hop, negative=False))
    if verdict := _of_policy(policy, hop):
        return [*strong, verdict]
    return [*strong, *_matching(session, case, hop, negative=True), Verdict("miss")]
