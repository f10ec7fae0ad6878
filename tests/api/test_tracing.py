"""Our own traces: sent over OTLP where the standard variables ask for them, and else not there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app.settings import SettingError
from app.telemetry.tracing import wants_traces
from tests.api.otlp import ask, hop, mock, mocked, observed, upload
from tests.api.otlp_receiver import Receiver, attributes
from tests.servers import Replica, Valkey, free_port, wait_until

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


def traced(house: Path, store: Valkey, **variables: str) -> Replica:
    """A replica with OpenTelemetry's variables."""
    replica = Replica(house, store_url=store.url)
    replica.environ |= {"OTEL_BSP_SCHEDULE_DELAY": "50", **variables}
    return replica


@pytest.fixture(scope="module")
def sent(house: Path, store: Valkey) -> Iterator[Receiver]:
    """What a replica has sent that did a bit of everything, and has ended."""
    named = {
        "OTEL_SERVICE_NAME": "control-plane",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
    }
    with Receiver() as receiver:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, **named}
        with traced(house, store, **variables) as replica:
            session_id = mocked(replica, mock({"path": "/hit"}, body="hush-hush"))
            ask(replica, session_id, hop(path="/hit"))
            capture = replica.create("capture")
            upload(replica, observed(capture))
            path = f"/v1/sessions/{capture}/close"
            replica.post(path, headers={"traceparent": TRACEPARENT, "x-request-id": "traced-1"})
            replica.post(path)
            replica.get("/v1/secret-path")
            wait_until(lambda: '"request_id":"traced-1"' in replica.log.read_text(), "its line")
            receiver.log = replica.log.read_text()  # type: ignore[attr-defined]
        yield receiver


def children(receiver: Receiver, parent: Span) -> set[str]:
    """The names of the spans right below another."""
    return {span.name for span in receiver.spans if span.parent_span_id == parent.span_id}


def test_what_runs_is_told_once(sent: Receiver) -> None:
    """With the last word to the standard variables."""
    assert sent.paths == {"/v1/traces"}
    assert sent.resource["service.name"] == "control-plane"
    assert sent.resource["deployment.environment.name"] == "test"
    assert sent.resource["service.version"]


def test_every_call_is_a_span_by_its_route(sent: Receiver) -> None:
    """Both APIs; an unknown path is not shown."""
    served = {span.name for span in sent.spans if span.kind == Span.SPAN_KIND_SERVER}
    wanted = {"POST /v1/sessions", "POST /v1/inject", "POST /v1/traces"}
    assert served >= wanted | {"POST /v1/sessions/{session_id}/close", "GET"}
    told = attributes(sent.named("POST /v1/inject")[0])
    assert (told["http.route"], told["http.response.status_code"]) == ("/v1/inject", 200)
    assert told["sp.session.id"].startswith("sess_")
    assert not any("secret-path" in str(span) or "hush-hush" in str(span) for span in sent.spans)


def test_a_trace_goes_on_from_its_caller_to_the_store(sent: Receiver) -> None:
    """Request, close, the scripts and the write of the case."""
    [request] = [span for span in sent.spans if span.parent_span_id.hex() == PARENT]
    assert request.name == "POST /v1/sessions/{session_id}/close"
    assert request.trace_id.hex() == TRACE
    [close] = [span for span in sent.named("close") if span.parent_span_id == request.span_id]
    assert children(sent, close) >= {"begin_close", "commit_close", "write case"}
    script = sent.named("commit_close")[-1]
    assert script.kind == Span.SPAN_KIND_CLIENT
    assert attributes(script)["db.operation.name"] == "commit_close"


def test_a_hop_shows_what_it_asked_the_store(sent: Receiver) -> None:
    """So that a slow one can be told from a slow store."""
    [request] = sent.named("POST /v1/inject")
    assert children(sent, request) >= {"pipeline", "count_decision"}


def test_a_failure_is_told_by_its_kind(sent: Receiver) -> None:
    """The second close of a session fails, the call is answered all the same."""
    first, second = sorted(sent.named("close"), key=lambda span: span.start_time_unix_nano)
    assert first.status.code == Status.STATUS_CODE_UNSET
    assert second.status.code == Status.STATUS_CODE_ERROR
    assert attributes(second)["error.type"] == "session_closed"


def test_log_lines_lead_to_the_trace(sent: Receiver) -> None:
    """By its id."""
    lines = [x for x in sent.log.splitlines() if "traced-1" in x]  # type: ignore[attr-defined]
    assert all(f'"trace_id":"{TRACE}"' in line for line in lines)


def test_a_caller_that_is_not_sampled_is_not_traced(house: Path, store: Valkey) -> None:
    """As its `traceparent` says; the variable for samplers is OpenTelemetry's own too."""
    with Receiver() as receiver:
        with traced(house, store, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url) as replica:
            replica.get("/v1/meta", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
        assert receiver.named("GET /v1/meta") == []


def test_a_collector_that_is_away_is_no_trouble(house: Path, store: Valkey) -> None:
    """Calls are answered, and the replica ends when it is asked to."""
    away = f"http://127.0.0.1:{free_port()}"
    with traced(house, store, OTEL_EXPORTER_OTLP_ENDPOINT=away) as replica:
        assert replica.get("/v1/meta").status == 200
        assert replica.terminate() == 0


def test_a_variable_that_cannot_be_followed_stops_the_start(house: Path, store: Valkey) -> None:
    """With one line that names it."""
    wrong = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    replica = traced(house, store, **wrong).start(wait=False)
    assert replica.process
    assert replica.process.wait() == 2
    [line] = replica.log.read_text().splitlines()
    assert "OTEL_EXPORTER_OTLP_PROTOCOL='grpc' is not accepted: expected http/protobuf" in line


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False),
    ],
)
def test_traces_are_made_only_where_they_are_asked_for(
    variables: dict[str, str], wanted: bool
) -> None:
    """An endpoint or the exporter's name asks; either of two variables says no."""
    assert wants_traces(variables) is wanted


def test_another_exporter_is_refused() -> None:
    """With the names that are accepted."""
    with pytest.raises(SettingError, match="expected otlp or none"):
        wants_traces({"OTEL_TRACES_EXPORTER": "zipkin"})


def test_without_traces_the_parts_that_make_them_are_not_imported() -> None:
    """A whole replica is put together without them; redis-py imports the SDK's metrics itself."""
    code = (
        "import sys; from redis.asyncio import Redis; from app.main import Runtime; "
        "from app.settings import Settings; Runtime(Redis(), Settings()); "
        "parts = ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'requests', "
        "'app.telemetry.open_telemetry'); print([m for m in sys.modules if m.startswith(parts)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
