import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.literal import read_document
from app.rules.written import written_json

NUMBERS = ["1E2", "1.10", "100.0", "1e+05", "-0", "-0.0", "12345678901234567890", "0.1e-7", "7"]
_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("frame", ["%s", "[%s]", '{"a":%s,"b":[null,%s]}'])
def test_a_number_stands_as_it_was_written(number: str, frame: str) -> None:
    """Wherever it stands; white space is gone."""
    text = frame.replace("%s", number)
    assert written_json(read_document(f" {text} ".replace(",", " , ").encode())) == text


@given(_values)
def test_anything_else_is_compact_json(value: Any) -> None:
    """Without needless escapes."""
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert written_json(value) == expected
