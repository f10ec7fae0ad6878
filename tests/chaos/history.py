"""What the load did and was told: one record a call, and nothing that was not seen by a client."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

NO_ANSWER, UNREACHED = 0, -1


class Kind(StrEnum):
    """What a call is about."""

    CREATE = "create"
    RULES = "rules"
    POLICY = "policy"
    CASE = "load-case"
    FIXTURES = "fixtures/auth"
    UPLOAD = "upload"
    INJECT = "inject"
    CLOSE = "close"
    READ = "read"


MUTATIONS = frozenset({Kind.RULES, Kind.POLICY, Kind.CASE, Kind.FIXTURES})
# Answers of 503 that say that the call has changed nothing.
_WITHOUT_EFFECT = frozenset({"close_in_progress", "capture_store_unavailable"})
_ALLOWED = {
    Kind.CREATE: {201, 503},
    Kind.CLOSE: {200, 404, 409, 503},
}


class Call(NamedTuple):
    """One call of a client.

    session: the session that it was about; of an upload for two there are two records.
    start, end: when it was sent and when its answer had come, in seconds of one clock.
    status: of the answer; NO_ANSWER, or UNREACHED if it cannot have reached the replica.
    error: the name of the error that was answered.
    sent: the ids of the spans, the tag of the document or the path of the hop.
    revision: as answered. text: the body handed out, or the mode or the time of creation.
    amount: spans refused in part, traces of a close, hits of a session that is read.
    """

    kind: Kind
    session: str
    replica: int
    start: float
    end: float
    status: int
    error: str = ""
    sent: tuple[str, ...] = ()
    revision: int = 0
    text: str = ""
    amount: int = 0

    @property
    def acknowledged(self) -> bool:
        """Whether it succeeded, and its caller knows."""
        return self.status in (200, 201)

    @property
    def unknown(self) -> bool:
        """Whether it may have taken effect, then or at any later time, without being confirmed."""
        if self.status == 503:
            return self.kind is Kind.UPLOAD or self.error not in _WITHOUT_EFFECT
        return self.status == NO_ANSWER

    @property
    def allowed(self) -> bool:
        """Whether such a call may be answered like this at all."""
        possible = _ALLOWED.get(self.kind, {200, 404, 503})
        return self.status in possible or self.status in (NO_ANSWER, UNREACHED)

    def line(self, since: float) -> str:
        """The call as a line to read; since: the beginning of the scene, in seconds."""
        when = f"{self.start - since:8.3f} to {self.end - since:8.3f}"
        answer = {NO_ANSWER: "no answer", UNREACHED: "unreached"}.get(self.status, str(self.status))
        told = " ".join(filter(None, (self.error, self.text)))
        numbers = f"revision {self.revision} amount {self.amount}"
        sent = " ".join(self.sent[:8]) + (f" and {len(self.sent) - 8}" if self.sent[8:] else "")
        return f"{when}  replica {self.replica}  {self.kind}: {answer} {told} {numbers}  [{sent}]"


class History:
    """All calls, in the order in which they ended."""

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self.calls = list(calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls)

    def add(self, call: Call) -> Call:
        """Note a call."""
        self.calls.append(call)
        return call

    def by_session(self) -> dict[str, list[Call]]:
        """The calls of each session whose id is known."""
        found: dict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            if call.session:
                found[call.session].append(call)
        return found


def of_kind(calls: Sequence[Call], *kinds: Kind) -> list[Call]:
    """Those of the calls that are of these kinds."""
    return [call for call in calls if call.kind in kinds]


def mode_of(calls: Sequence[Call]) -> str:
    """The mode of a session, by the call that created it."""
    [created] = of_kind(calls, Kind.CREATE)
    return created.sent[0]
