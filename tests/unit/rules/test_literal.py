import json
from decimal import Decimal
from typing import Any

import pytest

from app.hop.json_value import same_json
from app.rules.literal import exact_json, literal_text, read_document


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (1, 1),
        (0.1, Decimal("0.1")),
        (1e21, Decimal("1e21")),
        (True, True),
        (None, None),
        (b"abc", "abc"),
        ([1.5, {"a": [b"x"]}], [Decimal("1.5"), {"a": ["x"]}]),
    ],
)
def test_a_value_is_compared_by_its_shortest_decimal_form(value: Any, exact: Any) -> None:
    """A double is meant as it is written, not as it is stored."""
    assert exact_json(value) == exact


@pytest.mark.parametrize("value", [b"\xff", float("nan")])
def test_what_no_json_text_can_say_equals_nothing(value: Any) -> None:
    """Itself included."""
    assert not same_json(exact_json(value), exact_json(value))
    assert not same_json(exact_json([value]), ["\xff"])


def test_a_number_of_a_document_is_as_exact_as_it_is_written() -> None:
    """More digits than a double holds, more even than it can tell from zero."""
    literals = read_document(b"[12345678901234567.5, 1e-400, 1e-99999999999999999999, 0.10]")
    long, tiny, beyond, plain = map(exact_json, literals)
    assert (long, tiny, plain) == (
        Decimal("12345678901234567.5"),
        Decimal("1e-400"),
        Decimal("0.1"),
    )
    assert not same_json(beyond, 0)


def test_a_number_of_a_document_is_sent_as_a_double_is() -> None:
    """In mocked bodies, it is only compared otherwise."""
    assert json.dumps(read_document(b'{"a": 1.50}')) == '{"a": 1.5}'


def test_what_is_no_json_value_is_a_mistake() -> None:
    """Of the code, not of a caller."""
    with pytest.raises(TypeError, match="a set is no JSON value"):
        exact_json({1})


def test_a_literal_is_shown_as_its_author_wrote_it() -> None:
    """In JSON."""
    assert literal_text({"a": ["\xe4", True, None, 1.5]}) == '{"a": ["\xe4", true, null, 1.5]}'
