import pytest
from google.protobuf import json_format
from hypothesis import given
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from app.errors import ApiError
from app.otlp.json_reader import MAX_MESSAGE_DEPTH, from_json
from app.otlp.json_writer import to_json
from tests.unit.otlp.payloads import nested, payloads


def _refused(value: object, at: str = "") -> ApiError:
    with pytest.raises(ApiError) as caught:
        from_json(TracesData(), value, at=at)
    assert caught.value.name == "invalid_body"
    return caught.value


def test_names_are_read_in_lower_camel_and_in_snake_case() -> None:
    """As every proto3 JSON parser does."""
    camel = {"resourceSpans": [{"schemaUrl": "u", "scopeSpans": [{"spans": [{"name": "n"}]}]}]}
    snake = {"resource_spans": [{"schema_url": "u", "scope_spans": [{"spans": [{"name": "n"}]}]}]}
    read = from_json(TracesData(), camel)
    assert read == from_json(TracesData(), snake)
    assert read.resource_spans[0].scope_spans[0].spans[0].name == "n"


def test_unknown_names_are_ignored_and_null_is_unset() -> None:
    """Whatever stands under an unknown name does not matter."""
    value = {"resourceSpans": None, "toys": [{"resourceSpans": 1}], "": None}
    assert from_json(TracesData(), value) == TracesData()


def test_an_empty_object_is_set_and_not_missing() -> None:
    """A message that is there with nothing in it is there."""
    read = from_json(Span(), {"status": {}, "attributes": [{"key": "k", "value": {}}]})
    assert read.HasField("status")
    assert read.attributes[0].HasField("value")


@pytest.mark.parametrize(
    ("value", "pointer", "problem"),
    [
        ([], "", "must be an object, received an array"),
        (None, "", "must be an object, received null"),
        ({"resourceSpans": {}}, "/resourceSpans", "must be an array, received an object"),
        ({"resourceSpans": [{}, None]}, "/resourceSpans/1", "must be an object, received null"),
        (
            {"resource_spans": [{"scopeSpans": [{"spans": [{"attributes": "secret"}]}]}]},
            "/resource_spans/0/scopeSpans/0/spans/0/attributes",
            "must be an array, received a string",
        ),
        (
            {"resourceSpans": [{"scopeSpans": [{"spans": [{"flags": -1}]}]}]},
            "/resourceSpans/0/scopeSpans/0/spans/0/flags",
            "must be a whole number in range, or one in a string, received a number",
        ),
        (
            {"resourceSpans": [{"resource": {"entityRefs": [{"idKeys": [1]}]}}]},
            "/resourceSpans/0/resource/entityRefs/0/idKeys/0",
            "must be a string, received a number",
        ),
    ],
)
def test_an_error_points_at_the_value_and_says_what_was_expected(
    value: object, pointer: str, problem: str
) -> None:
    """The value itself is never shown: it may be a secret."""
    error = _refused(value)
    assert error.message == f"the OTLP JSON{f' at {pointer}' if pointer else ''} {problem}"
    assert [tuple(detail) for detail in error.details] == [(pointer, problem)]


def test_an_error_in_a_larger_document_points_from_its_root() -> None:
    """A case file's traces are found by their place in it."""
    assert "at /traces/3/resourceSpans " in _refused({"resourceSpans": 1}, at="/traces/3").message


def test_what_protobuf_can_nest_json_can_and_no_more() -> None:
    """The deepest payload that is read survives a round trip; one level more is refused."""
    levels = (MAX_MESSAGE_DEPTH - 5) // 2
    deepest, deeper = nested(levels), nested(levels + 1)
    read = from_json(TracesData(), to_json(deepest))
    assert TracesData.FromString(read.SerializeToString()) == deepest
    assert "100" in _refused(to_json(deeper)).message


@given(payloads)
def test_the_reference_writers_json_is_read_but_for_its_ids(payload: TracesData) -> None:
    """Google's own proto3 JSON, with ids in base64, gives the same payload back."""
    for resource_spans in payload.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                span.trace_id, span.span_id, span.parent_span_id = b"t" * 16, b"s" * 8, b""
                del span.links[:]
    read = from_json(TracesData(), json_format.MessageToDict(payload), lenient_ids=True)
    assert read.SerializeToString() == payload.SerializeToString()
