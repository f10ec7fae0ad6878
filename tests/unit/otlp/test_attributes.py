import pytest
from hypothesis import given
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from app.otlp.attributes import attribute, attributes, text
from tests.unit.otlp.payloads import any_value, pairs, plain_values


@given(plain_values)
def test_a_value_of_any_kind_reads_as_a_plain_one(value: object) -> None:
    """Lists and maps in each other too."""
    assert repr(attributes(pairs({"k": value}))) == repr({"k": value})


def test_of_a_repeated_key_the_last_one_counts() -> None:
    """However the key is asked for."""
    twice = [KeyValue(key="k", value=any_value(value)) for value in ("first", "last")]
    assert attributes(twice) == {"k": "last"}
    assert attribute(twice, "k") == "last"


def test_a_key_that_is_missing_has_no_value() -> None:
    """No more than one whose value points into a table that is not there."""
    assert attribute(pairs({"a": 1}), "b") is None
    assert attribute([KeyValue(key="b", value=AnyValue(string_value_strindex=1))], "b") is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("é", "é"),
        (None, ""),
        (200, "200"),
        (True, "true"),
        (1.5, "1.5"),
        ("é".encode(), "é"),
        (b"\xff", "ÿ"),
        (["a", 1, b"\xff"], '["a", 1, "/w=="]'),
        ({"é": None}, '{"é": null}'),
    ],
)
def test_every_value_has_a_text(value: object, written: str) -> None:
    """What is not text is written as JSON."""
    assert text(value) == written
