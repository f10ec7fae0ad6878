import math
from collections.abc import Callable

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.otlp.json_scalars import scalar_of
from app.otlp.octets import to_base64

ANY = AnyValue.DESCRIPTOR.fields_by_name
SPAN = Span.DESCRIPTOR.fields_by_name


def _reader(field: FieldDescriptor, *, lenient_ids: bool = False) -> Callable[[object], object]:
    return scalar_of(field, lenient_ids=lenient_ids).read


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        (ANY["string_value"], "x\0é", "x\0é"),
        (ANY["bool_value"], False, False),
        (ANY["int_value"], -5, -5),
        (ANY["int_value"], "9007199254740993", 9007199254740993),
        (ANY["int_value"], 2.0, 2),
        (ANY["int_value"], "1e3", 1000),
        (ANY["double_value"], 1, 1.0),
        (ANY["double_value"], "2.5e-1", 0.25),
        (ANY["double_value"], "-Infinity", -math.inf),
        (ANY["bytes_value"], "//4AQcco", b"\xff\xfe\0A\xc7("),
        (ANY["bytes_value"], "__4AQcco", b"\xff\xfe\0A\xc7("),
        (SPAN["kind"], 3, 3),
        (SPAN["kind"], "SPAN_KIND_CLIENT", 3),
        (SPAN["kind"], 77, 77),
        (SPAN["start_time_unix_nano"], "1776927363150714000", 1776927363150714000),
    ],
)
def test_a_scalar_is_read_in_each_of_its_spellings(
    field: FieldDescriptor, value: object, read: object
) -> None:
    """Numbers may stand in strings, enums may be named, base64 has two alphabets."""
    got = _reader(field)(value)
    assert got == read
    assert type(got) is type(read)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (ANY["string_value"], 1),
        (ANY["string_value"], ["x"]),
        (ANY["bool_value"], 1),
        (ANY["bool_value"], "true"),
        (ANY["int_value"], True),
        (ANY["int_value"], 1.5),
        (ANY["int_value"], "1_0"),
        (ANY["int_value"], "\u0661"),
        (ANY["int_value"], ""),
        (ANY["int_value"], {}),
        (ANY["int_value"], 1e400),
        (ANY["double_value"], 1e400),
        (ANY["double_value"], "1e400"),
        (ANY["double_value"], 10**400),
        (ANY["double_value"], "nan"),
        (ANY["double_value"], False),
        (ANY["bytes_value"], "not base64!"),
        (ANY["bytes_value"], 5),
        (SPAN["kind"], "SPAN_KIND_NONE_SUCH"),
        (SPAN["kind"], []),
    ],
)
def test_a_value_of_another_kind_is_refused(field: FieldDescriptor, value: object) -> None:
    """Nothing is coerced from one kind into another."""
    with pytest.raises((ValueError, OverflowError)):
        _reader(field)(value)


@given(st.binary(min_size=16, max_size=16) | st.binary(min_size=8, max_size=8))
def test_an_id_is_hex_and_in_files_base64_too(octets: bytes) -> None:
    """Hex is read in any case; on the wire base64 is no id."""
    wire, file = (_reader(SPAN["trace_id"], lenient_ids=lenient) for lenient in (False, True))
    for text in (octets.hex(), octets.hex().upper()):
        assert wire(text) == file(text) == octets
    padded = to_base64(octets)
    assert file(padded) == file(padded.rstrip("=")) == octets
    assert wire(padded) == b""


@pytest.mark.parametrize("value", ["", "xyz", "0af", 5, None, [], {"a": 1}, True])
@pytest.mark.parametrize("name", ["trace_id", "span_id", "parent_span_id"])
@pytest.mark.parametrize("lenient_ids", [False, True])
def test_an_id_that_is_none_is_empty(value: object, name: str, lenient_ids: bool) -> None:
    """It is for the span's own check to refuse it, alone."""
    assert len(_reader(SPAN[name], lenient_ids=lenient_ids)(value)) < 8  # type: ignore[arg-type]
