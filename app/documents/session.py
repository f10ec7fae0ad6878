"""The request that creates a session."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from app.documents.document import read_object, refuse
from app.documents.schema import Validator
from app.errors import ApiError

NOUN = "the request for a session"
SCHEMA = Validator("session-create.request.schema.json")
Mode = Literal["capture", "replay", "generate"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class CreateRequest:
    """A valid request; its policy is None where it carries none."""

    mode: Mode
    policy: Mapping[str, Any] | None


def check_create(body: bytes) -> CreateRequest:
    """The request in a body.

    Raises `invalid_mode` where the mode is a string other than the three, else `invalid_body`.
    """
    document = read_object(body, NOUN)
    mode = document.members.get("mode")
    if isinstance(mode, str) and mode not in MODES:
        raise ApiError("invalid_mode", f"`mode` must be one of {', '.join(MODES)}")
    refuse("invalid_body", NOUN, document.violations(SCHEMA))
    return CreateRequest(document.members["mode"], document.members.get("policy"))
