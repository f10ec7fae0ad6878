"""Hops, rules and policies at random, such that rules often match."""

import gzip
import random
from collections.abc import Mapping
from typing import Any

from app.hop.model import Hop
from tests.unit.rules import reference

Document = dict[str, Any]

HOSTS = ["stripe.com", "api.stripe.com", "notstripe.com", "API.Stripe.com.", "stripe.com:443", ""]
PATHS = ["/files/a%2Fb", "/files/a%2fb", "/files/a/b", "/files/%61", "/files/a", "/caf\xe9 1"]
HEADERS: list[Document] = [
    {"accept": ("a",), "x-tenant": ("acme-7",)},
    {"accept": ("a", "b")},
    {"accept": ("b", "abc"), "x-a": ("1",), "x-empty": ("",)},
    {},
]
BODIES = [
    b"",
    b"not JSON",
    b"{}",
    b"null",
    b'{"amount":1,"on":true,"items":[{"id":1},{"id":"1"}]}',
    b'{ "items": [ {"id": 2.50} ], "amount": 1.0, "note": null, "on": 1 }',
    b'{"amount":"1","tags":["a","b"],"items":[]}',
    b'[1e0,{"id":25e-1},{"amount":12345678901234567890123}]',
]
TAGS: list[Document] = [
    {},
    {"tenant": "acme", "retry": True, "try": 1, "load": 0.1},
    {"tenant": "other", "retry": 1, "try": 1.0, "parts": ["a", 1], "load": 1e21},
    {"tenant": "acme", "try": "1", "parts": [1, "a"], "map": {"a": None, "b": 2}, "none": None},
]
CHOICES: Mapping[str, list[Any]] = {
    "direction": ["inbound", "outbound"],
    "service": ["api", "web"],
    "host": HOSTS[:-1],
    "hostSuffix": ["stripe.com", ".STRIPE.com", "com:443", "e.com."],
    "notHostSuffix": [[], [".stripe.com"], ["notstripe.com", "com:443"]],
    "method": ["GET", "post", "Head"],
    "path": PATHS,
    "pathPrefix": ["/files/", "/files/a/", "/files/a%2f", "/caf%C3", ""],
    "headers": [
        *({"Accept": "a"}, {"accept": ["a", "b"]}, {"X-A": "1"}, {}, {"x-empty": ""}),
        *({"ACCEPT": "b", "x-tenant": "acme-7"}, {"x-tenant": "acme-7"}, {"accept": ["b"]}),
    ],
    "headerMatch": [
        *({"Accept": "^a"}, {"accept": "b$", "x-a": "[0-9]"}, {"x-tenant": "^acme-[0-9]+$"}),
        *({"accept": ""}, {"x-empty": "^$"}, {"accept": "a|c"}, {"accept": "^(b|c)$"}, {}),
        *("X-Tenant", "x-empty", "x-none"),
    ],
    "bodyJsonPath": ["$", "$.amount", "$.items[*].id", "$..id", "$.note", "$[1]", "$.items[-1]"],
    "bodyJsonPathEquals": [
        *({"$.amount": 1}, {"$.amount": "1"}, {"$.amount": 1.0, "$.on": True}, {"$.on": 1}),
        *({"$..id": 1}, {"$..id": "1"}, {"$..id": 2.5}, {"$.note": None}, {"$.items": []}),
        *({"$.tags": ["a", "b"]}, {"$.tags": ["b", "a"]}, {"$[0]": 1}, {"$": {}}, {}),
        *({"$..amount": 12345678901234567890123}, {"$..amount": 12345678901234567890124}),
        {"$.items[*]": {"id": 2.5}},
    ],
    "traceTags": [
        *({"tenant": "acme"}, {"tenant": "other", "retry": 1}, {"retry": True}, {"try": 1}),
        *({"try": "1"}, {"parts": ["a", 1.0]}, {"map": {"b": 2.0, "a": None}}, {}),
    ],
    "traceTagEquals": [
        *({"load": 0.1}, {"load": 1e21}, {"none": None}, {"absent": None}, {"try": 1.0}),
        *({"retry": False}, {"tenant": "acme", "try": 1}),
    ],
}
ENTRIES = ["stripe.com", ".api.stripe.com", "NOTstripe.com", "stripe.com:443"]
POLICY: Mapping[str, list[Any]] = {
    "externalHttp": ["strict", "allow"],
    "internalHttp": ["strict", "allow"],
    "externalAllowlist": [[], ENTRIES[:1], ENTRIES[1:2], ENTRIES[2:]],
    "allowHosts": [[], ENTRIES[3:]],
    "blockHosts": [[], ENTRIES[1:2], ENTRIES[2:3]],
    "defaultOnMiss": ["error", "passthrough", "mock", "mock"],
}
DELAYS: list[Any] = [0, 7, {"min": 5, "max": 9}]
ACTIONS: Mapping[str, list[Document]] = {
    "mock": [{"response": {}}, {"response": {"status": 201, "delayMs": 3}}],
    "error": [{"error": {"status": 500}}, {"error": {"status": 503, "delayMs": DELAYS[2]}}],
    "passthrough": [{}],
    "capture_only": [
        {"captureOnly": {"redactHeaders": ["authorization"]}},
        {"captureOnly": {"redactHeaders": [], "redactBodyPaths": ["$.a"]}},
    ],
    "replay": [
        {},
        {"ignore": {"query": ["nonce"], "bodyPaths": ["$.id"]}},
        {"ignore": {"body": True}},
    ],
}


def some(chance: random.Random, choices: Mapping[str, list[Any]], odds: float) -> Document:
    """Some of the keys, each with one of its values."""
    chosen = (key for key in choices if chance.random() < odds)
    return {key: chance.choice(choices[key]) for key in chosen}


def hop(chance: random.Random) -> Hop:
    """Any hop."""
    headers, body = dict(chance.choice(HEADERS)), chance.choice(BODIES)
    if body and chance.random() < 0.1:
        headers["content-encoding"], body = ("gzip",), gzip.compress(body)
    return Hop(
        direction=chance.choice(["inbound", "outbound", "outbound", ""]),
        service=chance.choice(["api", "web", ""]),
        method=chance.choice(["GET", "get", "POST", "HEAD"]),
        authority=chance.choice(HOSTS),
        target=chance.choice(PATHS) + chance.choice(["", "?a=b"]),
        headers=headers,
        body=body,
        tags=chance.choice(TAGS),
    )


def _true_of(chance: random.Random, key: str, muse: Hop) -> Any:
    """A value for a predicate that mostly holds for a hop."""
    candidates = CHOICES[key]
    for _ in range(4):
        wanted = chance.choice(candidates)
        if reference.holds(key, wanted, muse):
            break
    return wanted


def rule(chance: random.Random, muse: Hop) -> Document:
    """A rule that perhaps matches a hop."""
    keys = [key for key in CHOICES if chance.random() < 0.2]
    chance.shuffle(keys)
    action = chance.choice(list(ACTIONS))
    then = {"action": action, **chance.choice(ACTIONS[action])}
    if action in ("mock", "error") and chance.random() < 0.3:
        then["delayMs"] = chance.choice(DELAYS)
    when = {key: _true_of(chance, key, muse) for key in keys}
    more = some(chance, {"priority": [-2, -1, 0, 0, 1], "consume": ["once", "many"]}, 0.6)
    return {"when": when, "then": then, **more}


def policy(chance: random.Random) -> Document:
    """Any policy."""
    response = {"status": 202, "delayMs": chance.choice(DELAYS)}
    return {"response": response, **some(chance, POLICY, 0.4)}
