import pytest

from app.documents.pointer import MAX_TOKEN, Place, pointer


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((), ""),
        (("rules", 3, "then", "action"), "/rules/3/then/action"),
        (("a/b", "m~n", "~1"), "/a~1b/m~0n/~01"),
        (("", ""), "//"),
        (("é", " "), "/é/ "),
    ],
)
def test_a_pointer_escapes_as_rfc_6901_says(place: Place, expected: str) -> None:
    """The tilde before the slash, and nothing else."""
    assert pointer(place) == expected


@pytest.mark.parametrize("key", ["\ud83d", "k" * (MAX_TOKEN + 1)])
def test_a_pointer_ends_at_the_object_whose_key_cannot_be_written(key: str) -> None:
    """A key without a UTF-8 form or of a huge size would spoil the answer."""
    assert pointer(("rules", key, "then")) == "/rules"
