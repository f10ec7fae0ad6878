"""`POST /v1/inject`: hits, misses and refusals in both media."""

import gzip
import json

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp.media import Media
from tests.api import otlp
from tests.api.otlp import JSON, MEDIA, PROTOBUF, UNKNOWN_SESSION, ask, hit, hop, mock, mocked
from tests.api.replay import case, load, recorded, replay
from tests.api.test_envelope import assert_envelope
from tests.servers import Replica, Response
from tests.unit.otlp import payloads

EVERY_MEDIUM = pytest.mark.parametrize("media", MEDIA, ids=["json", "protobuf"])
STATUS, BODY = "http.response.status_code", "http.response.body"


def assert_refused(answer: Response, status: int, name: str) -> None:
    """Fail unless an answer is this error in the caller's medium."""
    if answer.headers["content-type"] == JSON.content_type:
        assert_envelope(answer, status, name)
    else:
        assert answer.status == status
        assert otlp.status_of(answer).message.startswith(f"{name}: ")


@EVERY_MEDIUM
def test_a_hit_is_one_span_with_the_response_and_the_questions_ids(
    runtime: Replica, media: Media
) -> None:
    """The status is an integer, headers are lower-case, the ids are hex in JSON."""
    session_id = mocked(runtime, mock({}, status=201, headers={"X-A": "1"}, body="é"))
    ids = otlp.fresh_ids()
    marks = {"sp.span.type": "inject", "sp.session.id": session_id}
    question = payloads.traces(payloads.span(marks | hop(), **ids))
    answer = otlp.send(runtime, "/v1/inject", question, media)
    assert answer.headers["content-type"] == media.content_type
    assert hit(answer) == {STATUS: 201, "http.response.header.x-a": "1", BODY: "é"}
    if media is JSON:
        [span] = answer.json()["resourceSpans"][0]["scopeSpans"][0]["spans"]
        assert (span["traceId"], span["spanId"]) == (ids["trace_id"].hex(), ids["span_id"].hex())
        assert span["attributes"][0]["value"] == {"intValue": "201"}
    else:
        span = payloads.only_span(TracesData.FromString(answer.body))
        assert (span.trace_id, span.span_id) == (ids["trace_id"], ids["span_id"])


@EVERY_MEDIUM
def test_bytes_that_are_no_text_are_base64_with_the_encoding(
    runtime: Replica, media: Media
) -> None:
    """Never U+FFFD."""
    rule = mock({}, body="//4AQcco", bodyEncoding="base64")
    found = hit(ask(runtime, mocked(runtime, rule), hop(), media))
    assert (found[BODY], found[f"{BODY}.encoding"]) == ("//4AQcco", "base64")
    assert otlp.body_of(found) == b"\xff\xfe\x00A\xc7("


@EVERY_MEDIUM
def test_a_miss_is_404_and_counts_nothing(runtime: Replica, media: Media) -> None:
    """No rule, a passthrough rule, and an allowed host alike."""
    session_id = mocked(
        runtime,
        {"when": {"path": "/through"}, "then": {"action": "passthrough"}},
        policy={"externalHttp": "allow"},
    )
    for path in ("/through", "/none"):
        assert_refused(ask(runtime, session_id, hop(path=path), media), 404, "not_found")
    assert otlp.stats(runtime, session_id) == {
        "injectedSpans": 0,
        "extractedSpans": 0,
        "strictMisses": 0,
    }


@EVERY_MEDIUM
def test_an_unknown_or_closed_session_is_a_404(runtime: Replica, media: Media) -> None:
    """Whatever its id looks like."""
    closed = mocked(runtime)
    runtime.post(f"/v1/sessions/{closed}/close")
    for session_id in (UNKNOWN_SESSION, closed, "", "nonsense", "é\n"):
        answer = ask(runtime, session_id, hop(), media)
        assert_refused(answer, 404, "session_not_found")


@EVERY_MEDIUM
def test_a_payload_without_an_inject_span_is_400(runtime: Replica, media: Media) -> None:
    """Empty, of observed spans only, or with the mark elsewhere."""
    session_id = mocked(runtime)
    for payload in (
        TracesData(),
        payloads.traces(),
        payloads.traces(otlp.observed(session_id)),
        payloads.traces(payloads.span({"sp.span.type": ["inject"]})),
    ):
        answer = otlp.send(runtime, "/v1/inject", payload, media)
        assert_refused(answer, 400, "invalid_body")


@pytest.mark.parametrize("path", ["/v1/inject", "/v1/traces"])
@pytest.mark.parametrize(
    ("media", "body"),
    [
        (JSON, b""),
        (JSON, b"{"),
        (JSON, b"[]"),
        (JSON, b'{"resourceSpans":{}}'),
        (JSON, b'{"resourceSpans":[1]}'),
        (JSON, b"\xff"),
        (PROTOBUF, b"\xff"),
        (PROTOBUF, b"nonsense"),
        (PROTOBUF, b'{"resourceSpans":[]}'),
    ],
)
def test_what_is_no_otlp_is_400(runtime: Replica, path: str, media: Media, body: bytes) -> None:
    """In the caller's medium."""
    assert_refused(otlp.send(runtime, path, body, media), 400, "invalid_body")


ACCEPTS = [
    ({}, None),
    ({"accept": "*/*"}, None),
    ({"accept": "application/json"}, JSON),
    ({"accept": "application/x-protobuf"}, PROTOBUF),
    ({"accept": "application/protobuf"}, PROTOBUF),
    ({"accept": "application/json;q=0.5, application/x-protobuf"}, PROTOBUF),
    ({"accept": "application/x-protobuf;q=0.1, application/json"}, JSON),
    ({"accept": "text/html"}, None),
]


@EVERY_MEDIUM
@pytest.mark.parametrize(("headers", "wanted"), ACCEPTS, ids=str)
def test_inject_answers_by_accept_else_as_it_was_asked(
    runtime: Replica, media: Media, headers: dict[str, str], wanted: Media | None
) -> None:
    """Hits and refusals alike."""
    expected = (wanted or media).content_type
    for session_id in (mocked(runtime), UNKNOWN_SESSION):
        payload = otlp.question(session_id, hop())
        answer = otlp.send(runtime, "/v1/inject", payload, media, headers)
        assert answer.headers["content-type"] == expected


@EVERY_MEDIUM
def test_a_question_may_be_gzipped(runtime: Replica, media: Media) -> None:
    """And is then answered as any other."""
    body = gzip.compress(otlp.encoded(otlp.question(mocked(runtime), hop()), media))
    answer = otlp.send(runtime, "/v1/inject", body, media, {"content-encoding": "gzip"})
    assert hit(answer)[BODY] == "hi"


@pytest.mark.parametrize("path", ["/v1/inject", "/v1/traces"])
@pytest.mark.parametrize("media", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_medium_is_415(runtime: Replica, path: str, media: str) -> None:
    """The data plane takes OTLP alone; nobody calls it with curl's default."""
    answer = runtime.post(path, b"{}", headers={"content-type": media})
    assert_envelope(answer, 415, "unsupported_media_type")


@EVERY_MEDIUM
def test_a_block_is_a_hit_with_the_strict_miss(runtime: Replica, media: Media) -> None:
    """Never a bare error: 599, the header, and a body that says what was missed."""
    session_id = runtime.create("replay", policy={"externalHttp": "strict"})
    found = hit(ask(runtime, session_id, hop("get", "/Pay", url__host="Stripe.COM"), media))
    assert found[STATUS] == 599
    assert found["http.response.header.content-type"] == "application/json"
    assert found["http.response.header.x-softprobe-strict-miss"] == "1"
    body = json.loads(found[BODY])
    assert (body["error"], body["sessionId"]) == ("strict_miss", session_id)
    assert (body["method"], body["host"], body["path"]) == ("GET", "stripe.com", "/Pay")
    counted = otlp.stats(runtime, session_id)
    assert (counted["injectedSpans"], counted["strictMisses"]) == (0, 1)


def _reason(runtime: Replica, session_id: str, path: str = "/a") -> str:
    """Why a strict miss says that no rule answers."""
    body = json.loads(hit(ask(runtime, session_id, hop(path=path)))[BODY])
    return str(body["message"]).partition(" blocks it: ")[2]


def test_a_strict_miss_says_what_a_replay_lacks(runtime: Replica) -> None:
    """From a new session to one that replays: rule, case and recording."""
    session_id = runtime.create("replay", policy={"externalHttp": "strict"})
    assert _reason(runtime, session_id).startswith("post a `mock`")
    runtime.post(f"/v1/sessions/{session_id}/rules", {"rules": [replay(id="all")]})
    lacks = "rule `all` of the session replays, but no "
    assert _reason(runtime, session_id) == f"{lacks}case is loaded: load one"
    load(runtime, session_id, case(recorded(hop(path="/b"), "b")))
    assert _reason(runtime, session_id).startswith(f"{lacks}recording of the case agrees with GET ")
    runtime.post(f"/v1/sessions/{session_id}/rules", {"rules": []})
    assert _reason(runtime, session_id).startswith("a case is loaded, but no `replay` rule matches")


def test_a_strict_miss_tells_a_spent_rule_from_one_that_does_not_match(runtime: Replica) -> None:
    """The first was right once; of the other it says why."""
    rule = {**otlp.mock({"path": "/a"}), "id": "pay", "consume": "once"}
    session_id = otlp.mocked(runtime, rule, policy={"externalHttp": "strict"})
    wrong = "the nearest is rule `pay` of the session: path: expected `/a`, saw `/b`; post"
    assert _reason(runtime, session_id, "/b").startswith(wrong)
    assert hit(ask(runtime, session_id, hop(path="/a")))[STATUS] == 200
    spent = "rule `pay` of the session matches, but another hop has had its `consume: once`"
    assert _reason(runtime, session_id) == spent


@EVERY_MEDIUM
@pytest.mark.parametrize("mode", ["replay", "generate", "capture"])
def test_every_mode_decides_by_its_rules(runtime: Replica, mode: str, media: Media) -> None:
    """`generate` acts as `replay` does."""
    session_id = runtime.create(mode)
    runtime.post(f"/v1/sessions/{session_id}/rules", otlp.MOCK_EVERYTHING)
    assert hit(ask(runtime, session_id, hop(), media))[BODY] == "hi"
    assert otlp.stats(runtime, session_id)["injectedSpans"] == 1


def test_an_error_rule_that_says_404_reaches_the_app_as_a_hit(runtime: Replica) -> None:
    """It is no miss."""
    rule = {"when": {}, "then": {"action": "error", "error": {"status": 404, "body": {"a": 1}}}}
    found = hit(ask(runtime, mocked(runtime, rule), hop()))
    assert (found[STATUS], found[BODY]) == (404, '{"a":1}')


@EVERY_MEDIUM
def test_a_repeated_question_is_a_new_one(runtime: Replica, media: Media) -> None:
    """Inject remembers no ids."""
    session_id = mocked(runtime)
    question = otlp.question(session_id, hop())
    for _ in range(3):
        assert hit(otlp.send(runtime, "/v1/inject", question, media))
    assert otlp.stats(runtime, session_id)["injectedSpans"] == 3


def test_unknown_fields_and_misshapen_ids_do_not_disturb_a_question(runtime: Replica) -> None:
    """What newer senders add is ignored, and no id is needed to answer."""
    session_id = mocked(runtime)
    document = json.loads(otlp.encoded(otlp.question(session_id, hop()), JSON))
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span |= {"traceId": "xyz", "spanId": None, "newerField": {"a": [1]}}
    document["other"] = 1
    answer = otlp.send(runtime, "/v1/inject", json.dumps(document).encode())
    assert hit(answer)[BODY] == "hi"
    wire = otlp.question(session_id, hop()).SerializeToString() + b"\x9a\x06\x01x"
    assert hit(otlp.send(runtime, "/v1/inject", wire, PROTOBUF))[BODY] == "hi"


def test_the_first_inject_span_is_the_question(runtime: Replica) -> None:
    """Others before it are of another kind, others after it do not count."""
    session_id = mocked(runtime, mock({"path": "/1"}, body="1"), mock({"path": "/2"}, body="2"))
    marks = {"sp.span.type": "inject", "sp.session.id": session_id}
    spans = [payloads.span(marks | hop(path=f"/{n}"), **otlp.fresh_ids()) for n in (1, 2)]
    payload = payloads.traces(otlp.observed(session_id, hop(path="/0")), *spans)
    assert hit(otlp.send(runtime, "/v1/inject", payload))[BODY] == "1"


def test_the_service_may_stand_in_the_resource(runtime: Replica) -> None:
    """The span's own word counts first."""
    session_id = mocked(runtime, mock({"service": "cart"}, body="x"))
    marks = {"sp.span.type": "inject", "sp.session.id": session_id}
    for own, resource, status in (("", "cart", 200), ("web", "cart", 404), ("cart", "web", 200)):
        attributes = marks | hop() | ({"sp.service.name": own} if own else {})
        span = payloads.span(attributes, **otlp.fresh_ids())
        payload = payloads.traces(span, resource={"service.name": resource})
        assert otlp.send(runtime, "/v1/inject", payload).status == status
