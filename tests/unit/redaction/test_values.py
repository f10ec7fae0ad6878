import pytest

from app.otlp.attributes import attributes
from app.redaction.values import change_texts, replace_value
from tests.unit.otlp import payloads


def test_only_what_is_there_is_replaced() -> None:
    """A value that is not set stays so; an empty string is one."""
    pairs = payloads.pairs({"none": None, "empty": "", "list": ["a", 1], "deep": {"a": 1}})
    for pair in pairs:
        replace_value(pair.value)
    assert attributes(pairs) == {
        "none": None,
        "empty": "[redacted]",
        "list": ["[redacted]", "[redacted]"],
        "deep": "[redacted]",
    }


@pytest.mark.parametrize(
    ("value", "changed"),
    [("a", "A"), (["a", 1, ["b"]], ["A", 1, ["B"]]), (b"a\xe9", b"A\xc9"), (1, 1), (None, None)],
)
def test_strings_are_changed_one_by_one(value: object, changed: object) -> None:
    """And bytes as the characters that they are in Latin-1."""
    [pair] = payloads.pairs({"k": value})
    change_texts(pair.value, str.upper)
    assert attributes([pair]) == {"k": changed}
