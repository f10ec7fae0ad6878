"""The checker: compares a history with what was left behind. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.chaos.closes import check_closes
from tests.chaos.documents import check_documents
from tests.chaos.evidence import Evidence
from tests.chaos.handouts import check_handouts
from tests.chaos.history import Call, History, mode_of
from tests.chaos.remains import check_remains
from tests.chaos.revisions import check_revisions
from tests.chaos.sightings import check_sightings
from tests.chaos.spans import check_spans


class Violation(NamedTuple):
    """Something that must not be; session: whose it is, empty where it is none's."""

    session: str
    what: str


def _of_session(calls: list[Call], session: str, evidence: Evidence, life: float) -> Iterator[str]:
    file = evidence.files.get(session)
    yield from check_closes(calls, file, life)
    yield from check_revisions(calls)
    yield from check_documents(calls)
    yield from check_handouts(calls)
    if mode_of(calls) == "capture":
        yield from check_spans(calls, file)


def violations(
    history: History, evidence: Evidence, life: float, *, fails_over: bool = False
) -> list[Violation]:
    """All violations.

    life: of a session after its last use, in seconds.
    fails_over: whether the store may take back what no caller was told.
    """
    sessions = history.by_session()
    found = [
        Violation(call.session, f"{call.kind} was answered {call.status} {call.error}")
        for call in history
        if not call.allowed
    ]
    for session, calls in sessions.items():
        found += [Violation(session, what) for what in _of_session(calls, session, evidence, life)]
        if not fails_over:
            found += [Violation(session, what) for what in check_sightings(calls)]
    found += [Violation(*one) for one in check_remains(sessions, history.calls, evidence)]
    return found
