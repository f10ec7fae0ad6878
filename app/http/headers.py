"""Reading headers and notes of a call from its ASGI scope."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]

NOTES = "softprobe.notes"


@dataclass
class CallNotes:
    """What is learnt about a call on its way, for its log line.

    org: whose call it is.
    session_id: the session it is about; empty if none.
    """

    org: str = "default"
    session_id: str = ""


def notes(scope: Scope) -> CallNotes:
    """The notes of a call."""
    held: CallNotes = scope.setdefault(NOTES, CallNotes())
    return held


def header(scope: Scope, name: bytes) -> str:
    """A header's value, several joined with a comma; empty if it is missing."""
    values = [value for key, value in scope["headers"] if key == name]
    return b",".join(values).decode("latin-1")
