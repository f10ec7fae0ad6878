from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.labels import marked, unmarked, with_marks, without_marks

KEYS = st.one_of(st.text(), st.text(":~+07a"))


@given(KEYS, KEYS)
def test_marked_keys_stay_distinct_and_can_be_read_back(one: str, other: str) -> None:
    """Whatever they are."""
    assert unmarked(marked(one)) == one
    assert (marked(one) == marked(other)) == (one == other)


@pytest.mark.parametrize("key", ["", "0", "07", "+7"])
def test_no_marked_key_is_empty_or_reads_as_an_index(key: str) -> None:
    """Those that did not survive the validator's paths."""
    assert marked(key)
    assert not marked(key).lstrip("+").isdigit()


@pytest.mark.parametrize("key", ["rules", "content-type", "x-1", "a:", "~", ":path"])
def test_other_keys_stay_as_they_are(key: str) -> None:
    """Known keys must be known still."""
    assert marked(key) == key


def test_places_in_the_marked_copy_lead_back() -> None:
    """Indices are no keys and stay."""
    value: Any = {"a": [{"": {"7": True}}]}
    assert with_marks(value) == {"a": [{":": {"~7": True}}]}
    assert without_marks(("a", 0, ":", "~7")) == ("a", 0, "", "7")
