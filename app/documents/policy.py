"""Policies: what becomes of the hops that no rule matched."""

from collections.abc import Mapping
from typing import Any

from app.documents.document import checked
from app.documents.schema import Validator

NOUN = "the policy"
SCHEMA = Validator("policy.schema.json")


def check_policy(body: bytes) -> Mapping[str, Any]:
    """The policy in a body.

    Raises `invalid_body`.
    """
    return checked(body, NOUN, SCHEMA, "invalid_body")
