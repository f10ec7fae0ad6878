"""Redaction: what of a hop is replaced before the hop is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

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

    @classmethod
    def of_all(cls, redactions: "Iterable[Redaction]") -> "Redaction":
        """What any of them covers."""
        listed = list(redactions)
        headers = dict.fromkeys(chain.from_iterable(one.headers for one in listed))
        paths = dict.fromkeys(chain.from_iterable(one.body_paths for one in listed))
        return cls(tuple(headers), tuple(paths))
