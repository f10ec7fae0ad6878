"""Admission: who a call is let in as, by the token or key that it presents."""

from collections.abc import Callable
from typing import Protocol

from app.errors import ApiError
from app.http.caller import Caller
from app.http.headers import Scope, header

_BEARER = "bearer "


class Admission(Protocol):
    """What decides whether a call is let in, whatever it goes by.

    is_lasting: whether what is known of a token or key is true for as long as the replica runs.
    """

    is_lasting: bool

    async def admit(self, scope: Scope) -> Caller:
        """Whose call it is.

        Raises `unauthorized`, `forbidden` for a key that may do nothing here, or
        `store_unavailable` where that cannot be told.
        """

    def known(self, word: bytes) -> Caller | None:
        """Whose a token or key is, if that can be told at once; else None: ask `admit`.

        word: the token or key itself, as in a header; empty where none was sent.
        """

    def knower(self, word: bytes) -> Callable[[], Caller | None]:
        """What tells `known` of one word, again and again at little cost."""


def presented(scope: Scope) -> list[bytes]:
    """What a call presents: a bearer token and, as the proxy does, a public key; neither empty."""
    authorization = header(scope, b"authorization")
    is_bearer = authorization[: len(_BEARER)].lower() == _BEARER
    bearer = authorization[len(_BEARER) :].strip(" \t") if is_bearer else ""
    return [word.encode("latin-1") for word in (bearer, header(scope, b"x-public-key")) if word]


def unauthorized(noun: str) -> ApiError:
    """The error for a call that presents nothing that is right.

    noun: what it should present, a token or a key.
    """
    return ApiError(
        "unauthorized",
        f"a valid {noun} is needed: send it as `Authorization: Bearer <{noun}>`",
        headers={"www-authenticate": "Bearer"},
    )
