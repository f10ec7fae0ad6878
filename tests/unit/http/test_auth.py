"""Authentication by a static token."""

import pytest

from app.errors import ApiError
from app.http.auth import TokenCheck
from app.http.caller import WITHOUT_KEY


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
async def test_the_token_is_admitted(headers: dict[str, str]) -> None:
    """As a bearer token in any case, or as the proxy's public key."""
    assert await TokenCheck("secret").admit(scope(**headers)) == WITHOUT_KEY


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
async def test_anything_else_is_unauthorized(headers: dict[str, str]) -> None:
    """The answer says how to do it, and does not repeat what was sent."""
    with pytest.raises(ApiError) as refused:
        await TokenCheck("secret").admit(scope(**headers))
    assert refused.value.name == "unauthorized"
    assert refused.value.headers == {"www-authenticate": "Bearer"}
    assert "secre" not in refused.value.message


async def test_without_a_token_everything_is_open() -> None:
    """No token set means no token needed."""
    assert await TokenCheck("").admit(scope()) == WITHOUT_KEY
    assert TokenCheck("").known(b"") == WITHOUT_KEY


def test_a_token_by_itself_is_known_at_once() -> None:
    """Nothing else is, and nothing at all is not."""
    check = TokenCheck("secret")
    assert check.known(b"secret") == WITHOUT_KEY
    assert check.knower(b"secret")() == WITHOUT_KEY
    for word in (b"", b"secre", b"secret\xff", b"\xff"):
        assert check.known(word) is None
        assert check.knower(word)() is None
