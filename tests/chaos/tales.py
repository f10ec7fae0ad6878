"""Histories made by hand, for the tests of the checker."""

from typing import Any

from tests.chaos.checker import violations
from tests.chaos.evidence import CaseFile, Evidence
from tests.chaos.history import Call, History, Kind

SESSION = "sess_1"
CREATED = "2026-01-02T03:04:05Z"
LIFE = 20.0


class Tale:
    """A session's calls, each of which begins as the one before ends, a second later."""

    def __init__(self, mode: str = "capture") -> None:
        self._now = 0.0
        self.calls: list[Call] = []
        self.told(Kind.CREATE, 201, sent=(mode,), revision=1, text=CREATED)

    def told(self, kind: Kind, status: int = 200, **more: Any) -> "Tale":
        """A call and its answer; `at` and `until` place it elsewhere, in seconds."""
        start = more.pop("at", self._now + 0.1)
        end = more.pop("until", start + 0.9)
        self._now = max(self._now, end)
        call = Call(kind, SESSION, 0, start, end, status)
        self.calls.append(call._replace(**more))
        return self

    def uploaded(self, *spans: str, status: int = 200, **more: Any) -> "Tale":
        """An upload."""
        return self.told(Kind.UPLOAD, status, sent=spans, **more)

    def posted(self, kind: Kind, tag: str, revision: int, **more: Any) -> "Tale":
        """A document that was posted; without a revision its outcome is not known."""
        return self.told(kind, 200 if revision else 0, sent=(tag,), revision=revision, **more)

    def asked(self, path: str, text: str, **more: Any) -> "Tale":
        """A hop and what it was answered; nothing for a miss."""
        if text:
            return self.told(Kind.INJECT, sent=(path,), text=text, **more)
        return self.told(Kind.INJECT, 404, sent=(path,), error="not_found", **more)

    def closed(self, traces: int = 0, **more: Any) -> "Tale":
        """A close that was acknowledged."""
        return self.told(Kind.CLOSE, amount=traces, **more)

    def found(self, *spans: str, **more: Any) -> list[str]:
        """What the checker finds if these spans stand in the file, which is listed."""
        file = CaseFile(CREATED, spans)
        usual = {"files": {SESSION: file}, "listed": ((SESSION, len(spans)),)}
        return self.judged(Evidence(**(usual | more)))

    def judged(self, evidence: Evidence | None = None) -> list[str]:
        """What the checker finds; without evidence nothing is left."""
        found = violations(History(self.calls), evidence or Evidence(), LIFE)
        return [violation.what for violation in found]
