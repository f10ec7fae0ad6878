import pytest

from app.hop.embedded import embedded_document


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('{"a":1}', {"a": 1}),
        (" [1.0] ", [1]),
        (r'"[\"a\"]"', ["a"]),
        ("1", None),
        ('"a"', None),
        ("{", None),
        ("text", None),
        ("", None),
        ('["\ud83d"]', None),
    ],
)
def test_a_string_may_hold_an_array_or_an_object(text: str, document: object) -> None:
    """Perhaps within a string again; scalars are what strings hold anyway."""
    assert embedded_document(text) == document
