"""Rules documents: `{"version": 1, "rules": [...]}`."""

from collections.abc import Mapping
from typing import Any

from app.documents.document import checked
from app.documents.schema import Validator

NOUN = "the rules document"
SCHEMA = Validator("rule.schema.json")


def check_rules(body: bytes) -> Mapping[str, Any]:
    """The rules document in a body.

    Raises `invalid_body` where it is not a JSON object and `rule_validation_failed` where it is one
    that breaks `rule.schema.json`.
    """
    return checked(body, NOUN, SCHEMA, "rule_validation_failed")
