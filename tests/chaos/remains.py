"""Remains: what must not be there when all is over, and what must."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.evidence import Evidence
from tests.chaos.history import Call, Kind, mode_of

Sessions = Mapping[str, Sequence[Call]]


def _captures(sessions: Sessions, evidence: Evidence) -> Iterator[tuple[str, str]]:
    listed = Counter(capture for capture, _ in evidence.listed)
    counts = dict(evidence.listed)
    for session, file in evidence.files.items():
        if listed[session] != 1:
            yield session, f"its capture is listed {listed[session]} times"
        elif counts[session] != len(file.spans):
            yield session, f"it is listed with {counts[session]} traces, not {len(file.spans)}"
    for session in set(listed) - set(evidence.files):
        yield session, "its capture is listed, and there is no file"
    for session in evidence.unread:
        yield session, "its capture cannot be read back as the file has it"


def _orphans(
    sessions: Sessions, calls: Sequence[Call], evidence: Evidence
) -> Iterator[tuple[str, str]]:
    """Files of sessions that nobody knows: their creation was not confirmed."""
    creates = [call for call in calls if call.kind is Kind.CREATE and call.unknown]
    possible = sum(call.sent == ("capture",) for call in creates)
    orphans = [session for session in evidence.files if session not in sessions]
    if len(orphans) > possible:
        yield "", f"{len(orphans)} files of unknown sessions, of which {possible} may exist"
    for session in orphans:
        if evidence.files[session].spans:
            yield session, "spans in the file of a session that nobody knows"


def _ended(session: str, calls: Sequence[Call], evidence: Evidence) -> Iterator[tuple[str, str]]:
    if mode_of(calls) == "capture" and evidence.states.get(session, "closed") != "closed":
        yield session, f"it is {evidence.states[session]} when all is over"
    if session in evidence.files and session in evidence.open:
        yield session, "its capture is written, and it is listed as open"


def check_remains(
    sessions: Sessions, calls: Sequence[Call], evidence: Evidence
) -> Iterator[tuple[str, str]]:
    """What is wrong with what was left, each with its session, empty where it is none's."""
    yield from _captures(sessions, evidence)
    yield from _orphans(sessions, calls, evidence)
    for session, its_calls in sessions.items():
        yield from _ended(session, its_calls, evidence)
    for name in evidence.strays:
        yield "", f"a stray file: {name}"
    for name in evidence.halves:
        yield "", f"a file was there before it was whole: {name}"
    for bug in evidence.bugs:
        yield "", f"a replica met a bug: {bug}"
    for key in evidence.leftovers:
        yield "", f"a key that a closed session left: {key}"
    for key in evidence.immortal:
        yield "", f"a key without an expiry: {key}"
    for status in evidence.drains:
        if status:
            yield "", f"a replica that was asked to end did with status {status}"
