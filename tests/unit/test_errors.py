"""The error catalogue."""

import pytest

from app.errors import CATALOGUE, MAX_DETAILS, ApiError, Detail, retry_later


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_error_has_its_envelope(name: str) -> None:
    """Name, message and exit code, and details only where there are any."""
    assert ApiError(name, "what happened").envelope() == {
        "error": name,
        "message": "what happened",
        "code": CATALOGUE[name].code,
    }


def test_at_most_twenty_details_reach_the_caller() -> None:
    """A hopeless document does not make a hopeless answer."""
    error = ApiError("invalid_body", "bad", [Detail(f"/{n}", "bad") for n in range(50)])
    details = error.envelope()["details"]
    assert isinstance(details, list)
    assert len(details) == MAX_DETAILS
    assert details[0] == {"path": "/0", "message": "bad"}


def test_what_may_pass_says_when_to_try_again() -> None:
    """Retry-After is in whole seconds."""
    assert retry_later("store_unavailable", "away", seconds=3).headers == {"retry-after": "3"}
