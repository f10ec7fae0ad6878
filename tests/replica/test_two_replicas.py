"""Two replicas on one store: any of them answers any call, and both agree at every moment."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from tests.api import otlp
from tests.api.otlp import ask, hit, hop, mock, observed, upload
from tests.servers import Replica, Valkey, replicas

BODY = "http.response.body"
Pair = list[Replica]


@pytest.fixture(scope="module")
def pair(store: Valkey, place: Path) -> Iterator[Pair]:
    """Two replicas."""
    with replicas(place, 2, store_url=store.url) as both:
        yield both


def test_the_calls_of_a_session_may_go_to_either(pair: Pair) -> None:
    """Create on one, rules on the other, inject on the first, close on the second."""
    one, two = pair
    session_id = one.create("capture")
    rules = two.post(f"/v1/sessions/{session_id}/rules", otlp.MOCK_EVERYTHING)
    assert rules.json()["sessionRevision"] == 2
    assert hit(ask(one, session_id, hop()))[BODY] == "hi"
    for replica in pair:
        assert otlp.export_result(upload(replica, observed(session_id))) == (0, "")
    closed = two.post(f"/v1/sessions/{session_id}/close")
    assert (closed.status, closed.json()["traceCount"]) == (200, 2)
    for replica in pair:
        assert ask(replica, session_id, hop()).status == 404
        assert replica.get(f"/v1/sessions/{session_id}").status == 404
        assert replica.post(f"/v1/sessions/{session_id}/close").status == 409
        assert len(replica.get(f"/v1/captures/{session_id}").json()["traces"]) == 2


def test_a_change_on_one_is_seen_by_the_next_call_on_the_other(pair: Pair) -> None:
    """Whatever either has compiled before: rules, policy and a case's rules, 20 times over."""
    session_id = pair[0].create("replay")
    path = f"/v1/sessions/{session_id}"
    for turn in range(20):
        changer, asker = pair[turn % 2], pair[1 - turn % 2]
        rule = mock({"path": "/x"}, body=str(turn))
        changer.post(f"{path}/rules", {"rules": [rule]})
        assert hit(ask(asker, session_id, hop(path="/x")))[BODY] == str(turn)
        policy = {"externalHttp": "strict" if turn % 2 else "allow"}
        changer.post(f"{path}/policy", policy)
        assert ask(asker, session_id, hop(path="/y")).status == (200 if turn % 2 else 404)
        case = {"version": "1", "caseId": "c", "traces": [], "rules": [mock({"path": f"/{turn}"})]}
        changer.post(f"{path}/load-case", case)
        assert ask(asker, session_id, hop(path=f"/{turn}")).status == 200


def test_200_concurrent_changes_have_200_consecutive_revisions(pair: Pair) -> None:
    """Over both replicas, with all four documents, none twice and none skipped."""
    session_id = pair[0].create("replay")
    documents: list[tuple[str, object]] = [
        ("rules", {"rules": []}),
        ("policy", {}),
        ("fixtures/auth", {"tokens": []}),
        ("load-case", {"version": "1", "caseId": "c", "traces": []}),
    ]

    def change(number: int) -> int:
        call, document = documents[number % 4]
        answer = pair[number // 4 % 2].post(f"/v1/sessions/{session_id}/{call}", document)
        revision: int = answer.json()["sessionRevision"]
        return revision

    with ThreadPoolExecutor(16) as pool:
        revisions = list(pool.map(change, range(200)))
    assert sorted(revisions) == list(range(2, 202))
    for replica in pair:
        assert replica.get(f"/v1/sessions/{session_id}").json()["sessionRevision"] == 201


@pytest.mark.parametrize("mode", ["capture", "replay"])
def test_of_50_concurrent_closes_exactly_one_is_200(pair: Pair, mode: str) -> None:
    """All others are 409; of a capture there is one whole file."""
    session_id = pair[0].create(mode)
    spans = [observed(session_id) for _ in range(40)]
    upload(pair[1], *spans)

    def close(number: int) -> int:
        return pair[number % 2].post(f"/v1/sessions/{session_id}/close").status

    with ThreadPoolExecutor(25) as pool:
        statuses = Counter(pool.map(close, range(50)))
    assert statuses == {200: 1, 409: 49}
    if mode == "capture":
        assert len(pair[0].get(f"/v1/captures/{session_id}").json()["traces"]) == 40


def test_concurrent_uploads_of_the_same_spans_keep_each_once(pair: Pair) -> None:
    """A proxy that retries while its first try is still under way doubles nothing."""
    session_id = pair[0].create("capture")
    spans = [observed(session_id) for _ in range(10)]

    def retry(number: int) -> tuple[int, str]:
        return otlp.export_result(upload(pair[number % 2], *spans))

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(retry, range(20))) == {(0, "")}
    assert otlp.stats(pair[0], session_id)["extractedSpans"] == 10
    assert pair[1].post(f"/v1/sessions/{session_id}/close").json()["traceCount"] == 10


def test_spans_acknowledged_before_a_close_are_in_its_file(pair: Pair) -> None:
    """Uploads race with the close: each is kept or refused, there is no third case."""
    session_id = pair[0].create("capture")
    upload(pair[0], observed(session_id))

    def act(number: int) -> tuple[int, bytes]:
        if number == 30:
            return pair[0].post(f"/v1/sessions/{session_id}/close").status, b""
        span = observed(session_id)
        return upload(pair[number % 2], span).status, span.span_id

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(act, range(60)))
    assert {status for status, _ in outcomes} <= {200, 404, 503}
    case = pair[1].get(f"/v1/captures/{session_id}").json()
    spans = [trace["resourceSpans"][0]["scopeSpans"][0]["spans"][0] for trace in case["traces"]]
    kept = {span["spanId"] for span in spans}
    acknowledged = {ident.hex() for status, ident in outcomes if status == 200 and ident}
    assert acknowledged <= kept
    assert len(spans) == len(kept) == len(acknowledged) + 1


def test_a_store_that_forgot_its_scripts_is_sent_them_again(pair: Pair, store: Valkey) -> None:
    """SCRIPT FLUSH in the middle of everything."""
    with redis.Redis(port=store.port) as client:
        session_id = pair[0].create("capture")
        for call in ("rules", "policy"):
            client.script_flush()
            document: object = otlp.MOCK_EVERYTHING if call == "rules" else {}
            assert pair[0].post(f"/v1/sessions/{session_id}/{call}", document).status == 200
        client.script_flush()
        assert ask(pair[1], session_id, hop()).status == 200
        client.script_flush()
        assert otlp.export_result(upload(pair[1], observed(session_id))) == (0, "")
        client.script_flush()
        assert pair[0].post(f"/v1/sessions/{session_id}/close").json()["traceCount"] == 1
