import pytest

from app.documents.document import read_object, refuse
from app.errors import ApiError, Detail
from tests.unit.documents.refusals import refused

NOUN = "the thing"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"7", b"true"])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    """In the document's own name."""
    error = refused(lambda sent: read_object(sent, NOUN), body)
    assert (error.name, error.message) == ("invalid_body", "the thing must be a JSON object")


def test_a_document_without_a_key_still_knows_what_stood_twice() -> None:
    """The flaws of its other members are not lost."""
    document = read_object(b'{"a":1,"a":2,"b":3}', NOUN).without("b")
    assert document.members == {"a": 2}
    assert getattr(document.members, "repeated", None) == ["a"]


def test_a_document_is_not_shown_by_its_representation() -> None:
    """It may hold secrets and end in a traceback."""
    assert "s3cr3t" not in repr(read_object(b'{"token":"s3cr3t"}', NOUN))


def test_nothing_is_refused_without_a_violation() -> None:
    """No details, no error."""
    refuse("invalid_body", NOUN, [])


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (["/a"], "the thing is not valid at /a: must be a string"),
        ([""], "the thing is not valid at its top level: must be a string"),
        (["/a", "/b", "/c"], "the thing is not valid at /a: must be a string (and 2 more)"),
    ],
)
def test_the_message_names_the_first_violation(places: list[str], message: str) -> None:
    """And how many more there are."""
    details = [Detail(place, "must be a string") for place in places]
    with pytest.raises(ApiError) as caught:
        refuse("rule_validation_failed", NOUN, details)
    assert (caught.value.name, caught.value.message) == ("rule_validation_failed", message)
    assert caught.value.details == details
