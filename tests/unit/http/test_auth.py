"""Authentication by a static token."""

import pytest

from app.errors import ApiError
from app.http.auth import TokenCheck


def scope(**headers: str) -> dict[str, object]:
    """A call with these headers."""
    return {
        "headers": [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer secret"},
        {"authorization": "bearer secret"},
        {"authorization": "Bearer  secret "},
        {"x_public_key": "secret"},
    ],
)
def test_the_token_is_admitted(headers: dict[str, str]) -> None:
    """As a bearer token in any case, or as the proxy's public key."""
    TokenCheck("secret").admit(scope(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "secret"},
        {"authorization": "Basic secret"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer secret2"},
        {"authorization": "Bearer secre"},
        {"authorization": "Bearer \xff"},
        {"x_public_key": "other"},
    ],
)
def test_anything_else_is_unauthorized(headers: dict[str, str]) -> None:
    """The answer says how to do it, and does not repeat what was sent."""
    with pytest.raises(ApiError) as refused:
        TokenCheck("secret").admit(scope(**headers))
    assert refused.value.name == "unauthorized"
    assert refused.value.headers == {"www-authenticate": "Bearer"}
    assert "secre" not in refused.value.message


def test_without_a_token_everything_is_open() -> None:
    """No token set means no token needed."""
    TokenCheck("").admit(scope())
