"""Form bodies: which fields are redacted, and a hop's fields redacted in the same places."""

import pytest

from app.recordings.form import redact_fields, redacted_fields


def test_redacted_fields_are_known_by_their_positions() -> None:
    """Whether the mark is escaped or not, and only as the whole value."""
    body = b"a=[redacted]&b=1&c=%5Bredacted%5D&d=x[redacted]&[redacted]&[redacted]=1"
    assert redacted_fields(body) == (0, 2)


@pytest.mark.parametrize(
    ("body", "right"),
    [
        (b"a=1&b=2", b"a=1&b=[redacted]"),
        (b"a=1&b=", b"a=1&b=[redacted]"),
        (b"a=1", None),
        (b"a=1&b", None),
        (b"", None),
    ],
)
def test_a_field_is_redacted_if_it_is_there(body: bytes, right: bytes | None) -> None:
    """A field without `=` has no value that could be the redacted one."""
    assert redact_fields(body, (1,)) == right
