"""Ignore: what of a request does not count when it is compared with a recording."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ignore:
    """The `ignore` of a replay rule (rules.md).

    query: names of query parameters, in the order in which they were written.
    body_paths: JSONPaths; what they select in a body is left out of it on both sides.
    body: whether bodies are not compared at all.
    """

    query: tuple[str, ...] = ()
    body_paths: tuple[str, ...] = ()
    body: bool = False
