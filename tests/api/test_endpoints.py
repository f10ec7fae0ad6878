"""Every endpoint of the control API: its success status, and a body as its schema says."""

import re

import pytest

from tests.api import otlp
from tests.api.schemas import FOLDER, SCHEMAS, assert_valid
from tests.servers import Replica

CASE = {"version": "1.0.0", "caseId": "checkout", "traces": [], "suite": "s", "extra": {"kept": 1}}
RULE = otlp.mock({"path": "/a"}, body="x")
RULES = {"version": 1, "rules": [RULE]}
POLICY = {"externalHttp": "strict", "externalAllowlist": ["localhost"], "defaultOnMiss": "error"}
FIXTURES = {"fixtures": [{"name": "auth_token", "value": "stub_eyJ"}]}
MODES = ["capture", "replay", "generate"]


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_health_and_readiness_say_ok_and_the_version(runtime: Replica, path: str) -> None:
    """Both answer the same small document."""
    answer = runtime.get(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert_valid("health.response.schema.json", answer.json())
    assert answer.json()["status"] == "ok"


@pytest.mark.parametrize("mode", MODES)
def test_a_session_of_each_mode_is_created_at_revision_one(runtime: Replica, mode: str) -> None:
    """201 with the four fields; the id is a ULID, the time is UTC with a Z."""
    answer = runtime.post("/v1/sessions", {"mode": mode})
    created = answer.json()
    assert (answer.status, created["mode"], created["sessionRevision"]) == (201, mode, 1)
    assert_valid("session-create.response.schema.json", created)
    assert re.fullmatch(r"sess_[0-7][0-9A-HJKMNP-TV-Z]{25}", created["sessionId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", created["createdAt"])


def test_the_four_documents_are_taken_and_counted(runtime: Replica) -> None:
    """Each call adds one to the revision and says what it counted."""
    session_id = runtime.create("replay")
    calls = [
        ("load-case", CASE, {"traceCount": 0}),
        ("rules", RULES, {"ruleCount": 1}),
        ("policy", POLICY, {}),
        ("fixtures/auth", FIXTURES, {"fixtureCount": 1}),
    ]
    for revision, (name, document, counts) in enumerate(calls, 2):
        answer = runtime.post(f"/v1/sessions/{session_id}/{name}", document)
        expected = {"sessionId": session_id, "sessionRevision": revision, **counts}
        assert (answer.status, answer.json()) == (200, expected)
        assert_valid(f"session-{name.replace('/', '-')}.response.schema.json", answer.json())


def test_the_other_form_of_fixtures_counts_tokens_cookies_and_metadata(runtime: Replica) -> None:
    """Two tokens, one cookie and two metadata entries are five."""
    session_id = runtime.create("replay")
    document = {
        "tokens": ["a", "b"],
        "cookies": [{"name": "sid", "value": "c", "domain": "x.test", "path": "/"}],
        "metadata": {"tenant": "t", "deep": {"n": [1]}},
    }
    answer = runtime.post(f"/v1/sessions/{session_id}/fixtures/auth", document)
    assert (answer.status, answer.json()["fixtureCount"]) == (200, 5)


def test_a_session_tells_its_whole_state(runtime: Replica) -> None:
    """Policy, number of rules, case and stats, as they were given."""
    session_id = otlp.mocked(runtime, RULE, policy=POLICY)
    runtime.post(f"/v1/sessions/{session_id}/load-case", CASE)
    assert otlp.ask(runtime, session_id, otlp.hop(path="/a")).status == 200
    answer = runtime.get(f"/v1/sessions/{session_id}")
    state = answer.json()
    assert_valid("session-state.response.schema.json", state)
    assert (answer.status, state["sessionRevision"], state["mode"]) == (200, 3, "replay")
    assert (state["policy"], state["ruleCount"]) == (POLICY, 1)
    assert state["case"] == {"caseId": "checkout", "traceCount": 0}
    assert state["stats"] == {"injectedSpans": 1, "extractedSpans": 0, "strictMisses": 0}


def test_a_fresh_session_has_no_case_and_an_empty_policy(runtime: Replica) -> None:
    """What was never set reads as null, as an empty policy, and as no rules."""
    session_id = runtime.create("generate")
    state = runtime.get(f"/v1/sessions/{session_id}").json()
    assert_valid("session-state.response.schema.json", state)
    assert (state["case"], state["policy"], state["ruleCount"]) == (None, {}, 0)
    rules = runtime.get(f"/v1/sessions/{session_id}/rules")
    assert rules.json() == {"version": 1, "rules": []}
    assert_valid("session-rules-document.response.schema.json", rules.json())


def test_the_last_strict_miss_appears_once_there_is_one(runtime: Replica) -> None:
    """Before the first there is no such key."""
    session_id = runtime.create("replay", policy=POLICY)
    before = runtime.get(f"/v1/sessions/{session_id}/stats")
    assert_valid("session-stats.response.schema.json", before.json())
    assert "lastStrictMiss" not in before.json()["stats"]
    otlp.ask(runtime, session_id, otlp.hop("post", "/x", url__host="API.Example.com:443"))
    after = runtime.get(f"/v1/sessions/{session_id}/stats").json()
    assert_valid("session-stats.response.schema.json", after)
    assert after["stats"]["strictMisses"] == 1
    miss = {"method": "POST", "host": "api.example.com", "path": "/x"}
    assert after["stats"]["lastStrictMiss"] == miss


def test_the_rules_document_is_read_as_it_was_sent(runtime: Replica) -> None:
    """Byte for byte, white space and key order included."""
    session_id = runtime.create("replay")
    text = b'{ "rules" : [ {"then":{"action":"passthrough"}, "when":{}} ] }\n'
    assert runtime.post(f"/v1/sessions/{session_id}/rules", text).status == 200
    answer = runtime.get(f"/v1/sessions/{session_id}/rules")
    assert (answer.status, answer.body) == (200, text)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("mode", ["replay", "generate"])
def test_other_modes_close_without_a_path(runtime: Replica, mode: str) -> None:
    """`traceCount` is 0 and there is no `casePath`."""
    session_id = runtime.create(mode)
    answer = runtime.post(f"/v1/sessions/{session_id}/close")
    assert_valid("session-close.response.schema.json", answer.json())
    assert (answer.status, answer.json()) == (
        200,
        {"sessionId": session_id, "closed": True, "traceCount": 0},
    )


def test_a_closed_capture_is_listed_and_read_back(runtime: Replica) -> None:
    """The list has the file's path and size, and its own call streams the very file."""
    session_id = runtime.create("capture")
    otlp.upload(runtime, otlp.observed(session_id), otlp.observed(session_id))
    answer = runtime.post(f"/v1/sessions/{session_id}/close")
    closed = answer.json()
    assert_valid("session-close.response.schema.json", closed)
    assert (answer.status, closed["traceCount"]) == (200, 2)
    listed = runtime.get("/v1/captures")
    assert_valid("captures-list.response.schema.json", listed.json())
    [entry] = [e for e in listed.json()["captures"] if e["captureId"] == session_id]
    assert (entry["casePath"], entry["traceCount"]) == (closed["casePath"], 2)
    case = runtime.get(f"/v1/captures/{session_id}")
    assert (case.status, case.headers["content-type"]) == (200, "application/json")
    assert len(case.body) == entry["bytes"]
    assert_valid("case.schema.json", case.json())


def test_open_sessions_are_listed_with_their_rule_counts(runtime: Replica) -> None:
    """One line a session, and a cursor or null."""
    session_id = otlp.mocked(runtime)
    answer = runtime.get("/v1/sessions?limit=1000")
    assert answer.status == 200
    assert_valid("session-list.response.schema.json", answer.json())
    [line] = [s for s in answer.json()["sessions"] if s["sessionId"] == session_id]
    assert (line["mode"], line["sessionRevision"], line["ruleCount"]) == ("replay", 2, 1)


def test_meta_names_exactly_the_schemas_that_are_served(runtime: Replica) -> None:
    """Each is served byte for byte as it stands in `spec/schemas`, and no other is."""
    meta = runtime.get("/v1/meta").json()
    assert_valid("meta.response.schema.json", meta)
    assert meta["specVersion"] == "v1"
    assert set(meta["supportedSchemas"]) == set(SCHEMAS)
    assert {"case.schema.json", "rule.schema.json", "policy.schema.json"} < set(SCHEMAS)
    for name in meta["supportedSchemas"]:
        served = runtime.get(f"/v1/schemas/{name}")
        assert (served.status, served.body) == (200, (FOLDER / name).read_bytes())


@pytest.mark.parametrize("media", ["application/json", "application/x-www-form-urlencoded", "text"])
def test_a_body_may_say_that_it_is_json_or_what_curl_says(runtime: Replica, media: str) -> None:
    """`curl -d` names a form; anything else that is not JSON is refused."""
    answer = runtime.post("/v1/sessions", b'{"mode":"replay"}', headers={"content-type": media})
    assert answer.status == (415 if media == "text" else 201)
