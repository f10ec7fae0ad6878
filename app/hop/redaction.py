"""Redaction: what of a hop is replaced before the hop is kept."""

from dataclasses import dataclass

# What stands in the place of a redacted value; in a recorded request it agrees with any value.
REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class Redaction:
    """The `captureOnly` of a rule (rules.md); it covers the request and the response.

    headers: lower-case names of headers whose values are replaced.
    body_paths: JSONPaths; what they select in a body is replaced.
    """

    headers: tuple[str, ...] = ()
    body_paths: tuple[str, ...] = ()
