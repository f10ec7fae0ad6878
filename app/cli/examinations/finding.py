"""Findings: what an examination has seen, and how bad it is."""

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """How well a thing is, the worst last."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    FAULT = "fault"


class Finding(NamedTuple):
    """One line of the doctor's.

    check: what was examined, in a word or two. text: one sentence, without a secret.
    """

    check: str
    verdict: Verdict
    text: str


def ok(check: str, text: str) -> Finding:
    """A thing that is well."""
    return Finding(check, Verdict.OK, text)


def skipped(check: str, text: str) -> Finding:
    """A thing that could not be examined because of another."""
    return Finding(check, Verdict.SKIPPED, text)


def warning(check: str, text: str) -> Finding:
    """A thing that works, but is likely to be regretted."""
    return Finding(check, Verdict.WARNING, text)


def fault(check: str, text: str) -> Finding:
    """A thing that does not work."""
    return Finding(check, Verdict.FAULT, text)
