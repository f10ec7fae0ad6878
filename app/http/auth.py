"""Authentication by a static token, compared in constant time (http-control-api.md)."""

import hmac

from app.errors import ApiError
from app.http.headers import Scope, header

_BEARER = "bearer "


def _presented(scope: Scope) -> str:
    authorization = header(scope, b"authorization")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return authorization[len(_BEARER) :].strip()
    return ""


class TokenCheck:
    """Lets a call through that presents the token, or every call where no token is set.

    token: the token; empty for none.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode("latin-1")

    def _matches(self, presented: str) -> bool:
        return hmac.compare_digest(presented.encode("latin-1"), self._token)

    def admit(self, scope: Scope) -> None:
        """Raises `unauthorized` unless the call presents the token.

        The proxy may present it as `x-public-key`.
        """
        if not self._token:
            return
        if self._matches(_presented(scope)) or self._matches(header(scope, b"x-public-key")):
            return
        raise ApiError(
            "unauthorized",
            "a valid token is needed: send it as `Authorization: Bearer <token>`",
            headers={"www-authenticate": "Bearer"},
        )
