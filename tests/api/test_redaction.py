"""Redaction: what a `capture_only` rule names reaches no key, no file and no log."""

import base64
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import redis

from app.hop.redaction import REDACTED
from app.otlp.media import Media
from tests.api import otlp
from tests.api.otlp import MEDIA
from tests.servers import Replica, Response, Valkey
from tests.unit.otlp import payloads

SECRET = "hush-0815-4711"
NUMBER = 47114711081547
RULE = {
    "when": {"host": "api.example.com"},
    "then": {
        "action": "capture_only",
        "captureOnly": {
            "redactHeaders": ["Authorization", "set-cookie"],
            "redactBodyPaths": ["$.card.number", "$.items[*].serial", "$.token"],
        },
    },
}
CARD = {
    "card": {"number": NUMBER, "cvc": 1},
    "amount": 5,
    "items": [{"serial": SECRET}, {"serial": [{"deep": SECRET}]}],
    "token": f'"{SECRET}',
}
BODY = json.dumps(CARD)
REDACTED_CARD = {
    "card": {"number": REDACTED, "cvc": 1},
    "amount": 5,
    "items": [{"serial": REDACTED}, {"serial": REDACTED}],
    "token": REDACTED,
}


def _hops() -> Iterator[dict[str, object]]:
    """Hops that carry the secret in every form that there is."""
    headers: dict[str, object] = {
        "http.request.header.authorization": f"Bearer {SECRET}",
        "http.request.headers.Authorization": [SECRET],
        "http.response.header.set-cookie": [f"a={SECRET}", "b=2"],
        "http.response.status_code": 200,
        "url.query": f"token={SECRET}&x=1",
        "url.full": f"https://{SECRET}@api.example.com/?token={SECRET}",
        "http.request.header.:path": f"/?token={SECRET}",
    }
    packed = {"http.request.header.content-encoding": "gzip"}
    form = {"http.request.header.content-type": "application/x-www-form-urlencoded"}
    in_base64 = {"http.request.body.encoding": "base64", "http.response.body.encoding": "base64"}
    encoded = base64.b64encode(BODY.encode()).decode()
    for body, more in (
        (BODY, {}),
        (BODY.encode(), {}),
        (encoded, in_base64),
        (CARD, {}),
        (gzip.compress(BODY.encode()), packed),
        (json.dumps({name: json.dumps(value) for name, value in CARD.items()}), {}),
        (f"token={SECRET}&x=1", form),
        (f"text {SECRET}", {}),
        (b"\xff" + SECRET.encode(), {}),
    ):
        bodies = {"http.request.body": body, "http.response.body": body}
        yield otlp.hop("POST", "/pay") | headers | more | bodies


def _forms() -> Iterator[bytes]:
    """The secrets as they are, and what base64 makes of them wherever they begin."""
    for secret in (SECRET.encode(), str(NUMBER).encode()):
        yield secret
        for shift in range(3):
            yield base64.b64encode(b"\0" * shift + secret)[4:-4]


def _store_values(store: Valkey) -> Iterator[bytes]:
    """Every value in the store, whatever its type."""
    with redis.Redis(port=store.port) as client:
        for key in client.scan_iter(count=1000):
            yield key
            match client.type(key):
                case b"string":
                    yield client.get(key)
                case b"list":
                    yield from client.lrange(key, 0, -1)
                case b"hash":
                    yield from (part for pair in client.hgetall(key).items() for part in pair)
                case b"set":
                    yield from client.smembers(key)
                case b"zset":
                    yield from client.zrange(key, 0, -1)
                case other:
                    raise AssertionError(other)


def _files(*folders: Path) -> Iterator[bytes]:
    for folder in folders:
        yield from (path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[tuple[Replica, Valkey]]:
    """A replica and a store of this test's own, at the most talkative level."""
    with Valkey() as store, Replica(tmp_path, store_url=store.url, log_level="debug") as replica:
        yield replica, store


def _capture(replica: Replica, *rules: object) -> str:
    session_id = replica.create("capture")
    answer = replica.post(f"/v1/sessions/{session_id}/rules", {"version": 1, "rules": rules})
    assert answer.status == 200, answer.body
    return session_id


def _recorded(replica: Replica, session_id: str) -> list[dict[str, Any]]:
    """The attributes of the spans in the case file of a session, which is closed for that."""
    path = replica.post(f"/v1/sessions/{session_id}/close").json()["casePath"]
    traces = json.loads(Path(path).read_text("utf-8"))["traces"]
    return [otlp.read_json_attributes(trace) for trace in traces]


@pytest.mark.parametrize("media", MEDIA)
def test_a_redacted_secret_is_in_no_key_no_file_and_no_log(
    alone: tuple[Replica, Valkey], media: Media
) -> None:
    """In whatever form the hop came, neither before the close nor after it."""
    replica, store = alone
    session_id = _capture(replica, RULE)
    spans = [otlp.observed(session_id, hop) for hop in _hops()]
    assert otlp.export_result(otlp.upload(replica, *spans, media=media)) == (0, "")
    kept = list(_store_values(store))
    recorded = _recorded(replica, session_id)
    assert len(recorded) == len(spans)
    kept += [*_store_values(store), *_files(replica.folder, store.folder)]
    for form in _forms():
        assert not [value for value in kept if form in value], form
    packed = base64.b64decode(recorded[4]["http.request.body"])
    assert json.loads(gzip.decompress(packed)) == REDACTED_CARD


def test_what_is_not_named_is_kept_as_it_came(runtime: Replica) -> None:
    """Values around the redacted ones, lengths, and the number of header values."""
    session_id = _capture(runtime, RULE)
    hop = next(_hops()) | {"http.request.header.content-length": "99"}
    otlp.upload(runtime, otlp.observed(session_id, hop))
    [recorded] = _recorded(runtime, session_id)
    assert json.loads(recorded["http.request.body"]) == REDACTED_CARD
    assert recorded["http.response.header.set-cookie"] == [REDACTED, REDACTED]
    assert recorded["http.request.header.content-length"] == "99"
    assert recorded["url.query"] == "token=%5Bredacted%5D&x=1"
    assert recorded["url.path"] == "/pay"


def test_only_hops_that_the_rule_lets_through_are_redacted(runtime: Replica) -> None:
    """Another host's hop is kept as it came, and a stronger rule may say otherwise."""
    passed = {"priority": 1, "when": {"path": "/open"}, "then": {"action": "passthrough"}}
    session_id = _capture(runtime, RULE, passed)
    for more in ({"url.host": "other.example.com"}, {"url.path": "/open"}, {}):
        hop = otlp.hop("POST", "/pay", http__request__body=BODY) | more
        otlp.upload(runtime, otlp.observed(session_id, hop))
    bodies = [
        json.loads(attributes["http.request.body"]) for attributes in _recorded(runtime, session_id)
    ]
    assert bodies == [CARD, CARD, REDACTED_CARD]


def test_rules_hold_from_the_moment_they_are_posted(runtime: Replica) -> None:
    """Spans before them are kept as they came; a payload may mix sessions with and without."""
    redacting, plain = runtime.create("capture"), runtime.create("capture")
    hop = otlp.hop("POST", "/pay", http__request__body=BODY)
    otlp.upload(runtime, otlp.observed(redacting, hop))
    runtime.post(f"/v1/sessions/{redacting}/rules", {"version": 1, "rules": [RULE]})
    otlp.upload(runtime, otlp.observed(redacting, hop), otlp.observed(plain, hop))
    for session_id, expected in ((redacting, [CARD, REDACTED_CARD]), (plain, [CARD])):
        recorded = _recorded(runtime, session_id)
        assert [json.loads(span["http.request.body"]) for span in recorded] == expected


def test_a_retried_upload_of_a_redacted_span_is_kept_once(runtime: Replica) -> None:
    """It is known by its ids."""
    session_id = _capture(runtime, RULE)
    span = otlp.observed(session_id, otlp.hop("POST", "/pay", http__request__body=BODY))
    for _ in range(2):
        assert otlp.export_result(otlp.upload(runtime, span)) == (0, "")
    assert len(_recorded(runtime, session_id)) == 1


def test_a_resource_shared_with_another_session_is_redacted_for_one_alone(
    runtime: Replica,
) -> None:
    """Each session's spans are redacted by its own rules."""
    redacting, plain = _capture(runtime, RULE), runtime.create("capture")
    hop = otlp.hop("POST", "/pay")
    traces = payloads.traces(
        otlp.observed(redacting, hop),
        otlp.observed(plain, hop),
        resource={"http.request.header.authorization": SECRET},
    )
    assert otlp.send(runtime, "/v1/traces", traces).status == 200
    files = {
        session_id: Path(
            runtime.post(f"/v1/sessions/{session_id}/close").json()["casePath"]
        ).read_text("utf-8")
        for session_id in (redacting, plain)
    }
    assert SECRET not in files[redacting]
    assert SECRET in files[plain]


def _replaying(replica: Replica, capture_id: str) -> str:
    """A session that replays a captured case."""
    path = replica.post(f"/v1/sessions/{capture_id}/close").json()["casePath"]
    session_id = replica.create("replay")
    loaded = replica.post(f"/v1/sessions/{session_id}/load-case", Path(path).read_bytes())
    assert loaded.status == 200, loaded.body
    rules = [{"when": {}, "then": {"action": "replay"}}]
    posted = replica.post(f"/v1/sessions/{session_id}/rules", {"version": 1, "rules": rules})
    assert posted.status == 200, posted.body
    return session_id


Attributes = Mapping[str, object]


def _replayed(
    replica: Replica, rule: object, recorded: Attributes, asked: Iterable[Attributes]
) -> list[Response]:
    """The answers to some requests where another one was recorded under a rule."""
    capture_id = _capture(replica, rule)
    answer = {"http.response.status_code": 201, "http.response.body": BODY}
    span = otlp.observed(capture_id, {**otlp.hop("POST", "/pay"), **recorded, **answer})
    otlp.upload(replica, span)
    session_id = _replaying(replica, capture_id)
    return [otlp.ask(replica, session_id, {**otlp.hop("POST", "/pay"), **more}) for more in asked]


def _with(**changes: object) -> str:
    return json.dumps(CARD | changes)


OTHER_CARD = {"number": 1, "cvc": 1}
OTHER_ITEMS = [{"serial": "x"}, {"serial": None}]
FORM = {"http.request.header.content-type": "application/x-www-form-urlencoded"}
GZIP = {"http.request.header.content-encoding": "gzip"}


@pytest.mark.parametrize(
    ("recorded", "same", "others"),
    [
        (
            {"http.request.body": BODY},
            {"http.request.body": _with(card=OTHER_CARD, items=OTHER_ITEMS, token=7)},
            [
                {"http.request.body": _with(amount=6)},
                {"http.request.body": _with(items=[*OTHER_ITEMS, {"serial": "z"}])},
                {"http.request.body": _with(card={"cvc": 1})},
            ],
        ),
        (
            {"http.request.body": gzip.compress(BODY.encode(), mtime=0)} | GZIP,
            {"http.request.body": _with(card=OTHER_CARD)},
            [{"http.request.body": _with(amount=6)}],
        ),
        (
            {"http.request.body": _with(card=json.dumps(CARD["card"]))},
            {"http.request.body": _with(card=json.dumps(OTHER_CARD))},
            [
                {"http.request.body": _with(card=card)}
                for card in ('{"number":1,"cvc":2}', "{}", "x")
            ],
        ),
        (
            {"http.request.body": SECRET},
            {"http.request.body": "any text"},
            [{}],
        ),
        (
            {"url.query": f"token={SECRET}&x=1"},
            {"url.query": "x=1&token=other"},
            [{"url.query": "x=2&token=other"}, {"url.query": "x=1"}],
        ),
    ],
    ids=["json", "gzip", "string", "text", "query"],
)
def test_a_redacted_recording_still_answers_requests_with_other_secrets(
    runtime: Replica, recorded: Attributes, same: Attributes, others: list[Attributes]
) -> None:
    """A redacted value matches any, but it has to be there, and all around it is compared."""
    answers = _replayed(runtime, RULE, recorded, [same, *others])
    assert json.loads(otlp.hit(answers[0])["http.response.body"]) == REDACTED_CARD
    assert [answer.status for answer in answers[1:]] == [404] * len(others)


def test_a_redacted_form_still_answers_requests_with_other_secrets(runtime: Replica) -> None:
    """Where every path of the rule names a field."""
    simple = {"redactHeaders": [], "redactBodyPaths": ["$.token"]}
    rule = {"when": {}, "then": {"action": "capture_only", "captureOnly": simple}}
    bodies = [f"token={SECRET}&x=1", "token=other&x=1", "token=other&x=2", "x=1"]
    recorded, *asked = ({"http.request.body": body} | FORM for body in bodies)
    answers = _replayed(runtime, rule, recorded, asked)
    assert [answer.status for answer in answers] == [200, 404, 404]


def test_a_recording_replays_though_a_rule_names_what_it_is_matched_by(runtime: Replica) -> None:
    """And a body whose coding nobody here can write is handed out as what it is."""
    names = [":method", ":path", ":authority", "content-encoding"]
    redacted = {"redactHeaders": names, "redactBodyPaths": ["$.token"]}
    rule = {"when": {}, "then": {"action": "capture_only", "captureOnly": redacted}}
    recorded = {
        "http.request.header.:path": "/pay",
        "http.request.body": gzip.compress(b'{"token":1,"a":2}', mtime=0),
        "http.response.header.content-encoding": "br",
    } | GZIP
    (answer,) = _replayed(runtime, rule, recorded, [{"http.request.body": '{"token":3,"a":2}'}])
    assert otlp.hit(answer)["http.response.header.content-encoding"] == "identity"
