"""Authentication by a static token, compared in constant time (http-control-api.md)."""

import hmac
from collections.abc import Callable
from functools import partial

from app.http.admission import presented, unauthorized
from app.http.caller import WITHOUT_KEY, Caller
from app.http.headers import Scope


class TokenCheck:
    """Lets a call through that presents the token, or every call where no token is set.

    token: the token; empty for none.
    """

    is_lasting = True

    def __init__(self, token: str) -> None:
        self._token = token.encode("latin-1")

    def known(self, word: bytes) -> Caller | None:
        """The one caller there is, if this is the token or none is set."""
        is_right = not self._token or hmac.compare_digest(word, self._token)
        return WITHOUT_KEY if is_right else None

    def knower(self, word: bytes) -> Callable[[], Caller | None]:
        """The same of one token, again and again."""
        return partial(self.known, word)

    async def admit(self, scope: Scope) -> Caller:
        """The one caller there is. Raises `unauthorized` unless the call presents the token.

        The proxy may present it as `x-public-key`.
        """
        if not self._token or any(map(self.known, presented(scope))):
            return WITHOUT_KEY
        raise unauthorized("token")
