"""Reading headers and notes of a call from its ASGI scope."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from app.http.caller import WITHOUT_KEY, Caller

Scope = MutableMapping[str, Any]

NOTES = "softprobe.notes"


@dataclass
class CallNotes:
    """What is learnt about a call on its way, for what serves it and for its log line.

    caller: whose call it is.
    session_id: the session it is about; empty if none.
    answer_headers: what the answer of a call that succeeds is to say besides.
    """

    caller: Caller = WITHOUT_KEY
    session_id: str = ""
    answer_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def org(self) -> str:
        """The organisation within which the call acts."""
        return self.caller.org


def notes(scope: Scope) -> CallNotes:
    """The notes of a call."""
    held: CallNotes = scope.setdefault(NOTES, CallNotes())
    return held


def header(scope: Scope, name: bytes) -> str:
    """A header's value, several joined with a comma; empty if it is missing."""
    values = [value for key, value in scope["headers"] if key == name]
    return b",".join(values).decode("latin-1")
